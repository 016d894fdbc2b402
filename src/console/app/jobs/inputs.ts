type Known = { id: string; input?: unknown };

/** Jobs that were read without their input, with the one that is known of them: an input never changes. */
export function withInputs<T extends Known>(known: readonly T[], jobs: readonly T[]): T[] {
  const inputs = new Map(known.map(({ id, input }) => [id, input]));
  return jobs.map((job) => (job.input === undefined ? { ...job, input: inputs.get(job.id) } : job));
}

/** Whether the title of each is known. */
export const haveInputs = (jobs: readonly Known[]): boolean => jobs.every(({ input }) => input !== undefined);

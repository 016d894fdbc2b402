/** Jobs of a list, the newest first, and where the next page begins. */
export type Loaded<T> = { jobs: T[]; nextCursor: string | null };

type Known = { id: string; input?: unknown };

/**
 * The list after its newest page was read again: what that page covers is as it says, what was loaded behind it stays. Ids
 * are in the order of time.
 */
export function withNewest<T extends Known>(loaded: Loaded<T>, { jobs, nextCursor }: Loaded<T>): Loaded<T> {
  const last = jobs.at(-1);
  if (nextCursor === null || !last) return { jobs: withInputs(loaded.jobs, jobs), nextCursor };
  const older = loaded.jobs.filter(({ id }) => id < last.id);
  return {
    jobs: [...withInputs(loaded.jobs, jobs), ...older],
    nextCursor: older.length > 0 ? loaded.nextCursor : nextCursor,
  };
}

/** Jobs that were read without their input, with the one that is known of them: an input never changes. */
function withInputs<T extends Known>(known: readonly T[], jobs: readonly T[]): T[] {
  const inputs = new Map(known.map(({ id, input }) => [id, input]));
  return jobs.map((job) => (job.input === undefined ? { ...job, input: inputs.get(job.id) } : job));
}

/** Whether the title of each is known. */
export const haveInputs = (jobs: readonly Known[]): boolean => jobs.every(({ input }) => input !== undefined);

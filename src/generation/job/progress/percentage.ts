import type { Job } from "../job.ts";

/** What share of the whole job lies before and behind each phase, in percent. A phase's `weight` is 1 by default. */
export function shareOut(phases: readonly { weight?: number | undefined }[]): { from: number; to: number }[] {
  const weights = phases.map(({ weight = 1 }) => weight);
  const sumOf = (some: number[]) => some.reduce((sum, weight) => sum + weight, 0);
  const before = (count: number) => Math.round((100 * sumOf(weights.slice(0, count))) / sumOf(weights));
  return phases.map((_, position) => ({ from: before(position), to: before(position + 1) }));
}

/** Where a job is when `done` of `of` pieces of a phase's work are finished. 100 is left for the completed job. */
export function percentageAt({ from, to }: { from: number; to: number }, done: number, of: number): number {
  const part = of > 0 ? Math.min(1, Math.max(0, done / of)) : 0;
  return Math.min(99, Math.floor(from + (to - from) * part));
}

/** A percentage never goes down, though a later attempt begins the phase again. */
export const atLeast = (job: Job, percentage: number): number => Math.max(job.percentage, percentage);

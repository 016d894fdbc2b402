import type { JobTransaction } from "./locked-jobs.ts";

type Times = Pick<JobTransaction, "now" | "begunAt">;

/*
 * This machine's clock may be far from the database's. What is stored is by the database's; what this process waits for is
 * by its own.
 */

// A smaller offset is only the time that the statement took on the network.
export const shortestOffsetMilliseconds = 1_000;

/** How far the database's clock is ahead of this machine's, in milliseconds. 0 when it is about the same. */
function offsetOf({ now, begunAt }: Times): number {
  // Both of the moment at which the transaction began: it may have waited for a row since.
  const offset = now.getTime() - begunAt;
  return Math.abs(offset) < shortestOffsetMilliseconds ? 0 : offset;
}

/** A time by this machine's clock, as the database's clock will show it. */
export const byDatabase = (transaction: Times, time: Date): Date =>
  new Date(time.getTime() + offsetOf(transaction));

/** A time by the database's clock, as this machine's clock will show it. */
export const byProcess = (transaction: Times, time: Date): Date => new Date(time.getTime() - offsetOf(transaction));

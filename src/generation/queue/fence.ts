import type { JobAttempt } from "pg-boss";
import type { AttemptId } from "../job/job.ts";

/** pg-boss's name for an attempt: with it, an attempt that has lost its queue job changes nothing. */
export const fence = ({ queueJobId, claim }: Pick<AttemptId, "queueJobId" | "claim">): JobAttempt => ({
  id: queueJobId,
  retryCount: claim,
});

// pg-boss 12.38 declares its answer as an empty interface.
type Answer = { affected?: number; settled?: string[] };

/** Whether pg-boss changed the one queue job that was named: the attempt still held it. */
export const landed = (answer: object): boolean => (answer as Answer).affected === 1;

/** The ids of the queue jobs that pg-boss changed. */
export const settledIds = (answer: object): string[] => (answer as Answer).settled ?? [];

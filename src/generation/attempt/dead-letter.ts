import { JobError } from "../../errors.ts";
import type { Job } from "../job/job.ts";
import { type JobTransaction, lockJob } from "../job/locked-jobs.ts";
import type { DeadLetter } from "../queue/dead-letters.ts";
import type { Queue } from "../queue/queue.ts";
import { failJob } from "./ending/fail-job.ts";
import { describeFailure } from "./ending/failure.ts";
import { closeAbandonedCalls } from "./steps/calls.ts";

/** Takes a dead letter off its queue and fails its job. Null if the job had ended before. */
export async function failFromDeadLetter(
  transaction: JobTransaction,
  queue: Queue,
  letter: DeadLetter,
): Promise<Job | null> {
  const row = await lockJob(transaction, letter.jobId);
  const failed = row && (await failLostJob(transaction, row, letter));
  await queue.completeDeadLetter(transaction, letter);
  return failed;
}

/**
 * Fails a job whose queue job pg-boss ended by itself: workers died again and again with a claim on it, before they
 * could begin. Null if the job does not stand at this queue job any more, as when the attempt itself failed the job.
 */
export async function failLostJob(
  transaction: JobTransaction,
  row: Job,
  lost: { queueJobId: string; phase: string },
): Promise<Job | null> {
  const error = describeFailure(new JobError("worker_lost"), lost.phase, row.attempts);
  const failed = failJob(transaction, { jobId: row.id, queueJobId: lost.queueJobId }, error);
  if (failed) await closeAbandonedCalls(transaction, failed.id);
  return failed;
}

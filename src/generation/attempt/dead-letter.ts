import type { Transaction } from "../../db/commit/transact.ts";
import { JobError } from "../../errors.ts";
import { type JobRow, lockJob } from "../job/store.ts";
import type { DeadLetter } from "../queue/dead-letters.ts";
import type { Queue } from "../queue/queue.ts";
import { failJob } from "./fail-job.ts";
import { describeFailure } from "./failure.ts";
import { closeAbandonedCalls } from "./steps/calls.ts";

/** Takes a dead letter off its queue and fails its job. Null if the job had ended before. */
export async function failFromDeadLetter(
  transaction: Transaction,
  queue: Queue,
  letter: DeadLetter,
): Promise<JobRow | null> {
  const row = await lockJob(transaction.tx, letter.jobId);
  const failed = row && (await failLostJob(transaction, row, letter));
  await queue.completeDeadLetter(transaction, letter);
  return failed;
}

/**
 * Fails a job whose queue job pg-boss ended by itself: workers died again and again with a claim on it, before they
 * could begin. Null if the job does not stand at this queue job any more, as when the attempt itself failed the job.
 */
export async function failLostJob(
  transaction: Transaction,
  row: JobRow,
  lost: { queueJobId: string; phase: string },
): Promise<JobRow | null> {
  const error = describeFailure(new JobError("worker_lost"), lost.phase, row.attempts);
  const failed = await failJob(transaction, { jobId: row.id, queueJobId: lost.queueJobId }, error);
  if (failed) await closeAbandonedCalls(transaction.tx, failed.id);
  return failed;
}

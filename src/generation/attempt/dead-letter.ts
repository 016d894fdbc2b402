import type { Transaction } from "../../db/commit/transact.ts";
import { JobError } from "../../errors.ts";
import { type JobRow, lockJob } from "../job/store.ts";
import type { DeadLetter } from "../queue/dead-letters.ts";
import type { Queue } from "../queue/queue.ts";
import { failJob } from "./fail-job.ts";
import { describeFailure } from "./failure.ts";
import { attemptsAt } from "./running-attempt.ts";
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
 * Fails a job whose queue job pg-boss ended by itself: the worker of its last attempt, `claim`, is dead. Null if the
 * job does not stand at this queue job any more, as when the attempt itself failed the job.
 */
export async function failLostJob(
  transaction: Transaction,
  row: JobRow,
  lost: { queueJobId: string; phase: string; claim: number },
): Promise<JobRow | null> {
  const attempts = Math.min(row.maxAttempts, attemptsAt(row, lost.claim));
  const error = describeFailure(new JobError("worker_lost"), lost.phase, attempts);
  const failed = await failJob(transaction, { jobId: row.id, queueJobId: lost.queueJobId }, error, { attempts });
  if (failed) await closeAbandonedCalls(transaction.tx, failed.id);
  return failed;
}

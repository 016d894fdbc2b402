import { JobError } from "../../errors.ts";
import type { Job } from "../job/job.ts";
import { type JobTransaction, lockJob } from "../job/locked-jobs.ts";
import type { DeadLetter } from "../queue/dead-letters.ts";
import type { Queue } from "../queue/queue.ts";
import { failJob } from "./fail-job.ts";
import { describeFailure } from "./failure.ts";
import { attemptsAt } from "./running-attempt.ts";
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
 * Fails a job whose queue job pg-boss ended by itself: the worker of its last attempt, `claim`, is dead. Null if the
 * job does not stand at this queue job any more, as when the attempt itself failed the job.
 */
export async function failLostJob(
  transaction: JobTransaction,
  row: Job,
  lost: { queueJobId: string; phase: string; claim: number },
): Promise<Job | null> {
  const attempts = Math.min(row.maxAttempts, attemptsAt(row, lost.claim));
  const error = describeFailure(new JobError("worker_lost"), lost.phase, attempts);
  const failed = failJob(transaction, { jobId: row.id, queueJobId: lost.queueJobId }, error, { attempts });
  if (failed) await closeAbandonedCalls(transaction, failed.id);
  return failed;
}

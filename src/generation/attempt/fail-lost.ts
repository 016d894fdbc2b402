import type { Change } from "../../db/commit/transact.ts";
import { JobError } from "../../errors.ts";
import { closeAbandonedCalls } from "../../money/ledger.ts";
import { type JobRow, lockJob } from "../job/store.ts";
import type { DeadLetter, Queue } from "../queue/queue.ts";
import { applyFailure, describeFailure } from "./failure.ts";
import { attemptsAt } from "./running-attempt.ts";

/**
 * The job has failed as pg-boss ended its queue job by itself: the last attempt's worker was gone. `claim` is that
 * attempt's. Null if the mirror knows already, which is so whenever the dispatcher itself failed the job.
 */
export async function failLost(
  change: Change,
  row: JobRow,
  lost: { queueJobId: string; phase: string; claim: number },
): Promise<JobRow | null> {
  const attempts = Math.min(row.maxAttempts, attemptsAt(row, lost.claim));
  const error = describeFailure(new JobError("worker_lost"), lost.phase, attempts);
  const claimant = { jobId: row.id, queueJobId: lost.queueJobId };
  const failed = await applyFailure(change, claimant, error, { attempts });
  if (failed) await closeAbandonedCalls(change.tx, failed.id);
  return failed;
}

/** The job has failed as nobody knows its phase any more. Null if the queue job stands for it no more. */
export async function failForgotten(change: Change, row: JobRow, queueJobId: string): Promise<JobRow | null> {
  const error = describeFailure(new JobError("invalid_phase"), row.phase, row.attempts);
  return await applyFailure(change, { jobId: row.id, queueJobId }, error);
}

/** Takes a dead letter off its queue and tells the mirror. See `failLost`. */
export async function bury(change: Change, queue: Queue, letter: DeadLetter): Promise<JobRow | null> {
  const row = await lockJob(change.tx, letter.jobId);
  const failed = row && (await failLost(change, row, letter));
  await queue.completeDeadLetter(change, letter);
  return failed;
}

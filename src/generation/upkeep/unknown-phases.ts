import { JobError } from "../../errors.ts";
import { failJob } from "../attempt/ending/fail-job.ts";
import { describeFailure } from "../attempt/ending/failure.ts";
import { type JobTransaction, lockJob } from "../job/locked-jobs.ts";
import type { Queue } from "../queue/queue.ts";

/** Fails a job whose phase no worker knows, by `queue/queue-tables.ts`. `queueName` null: the queue job is gone too. Null if a worker knows it after all. */
export async function failAtUnknownPhase(
  transaction: JobTransaction,
  queue: Queue,
  { id, queue: queueName }: { id: string; queue: string | null },
): Promise<"unknownPhase" | null> {
  const job = await lockJob(transaction, id);
  if (!job?.queueJobId || !(await queue.isPhaseUnknown(transaction, id))) return null;
  const error = describeFailure(new JobError("invalid_phase"), job.phase, job.attempts);
  failJob(transaction, { jobId: job.id, queueJobId: job.queueJobId }, error);
  if (queueName) await queue.cancel(transaction, queueName, job.queueJobId);
  return "unknownPhase";
}

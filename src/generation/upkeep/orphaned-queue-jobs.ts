import { type JobTransaction, lockJob } from "../job/locked-jobs.ts";
import { isFinished } from "../job/transitions.ts";
import type { Queue } from "../queue/queue.ts";
import type { QueueJobRef } from "../queue/queue-tables.ts";

/** Cancels a live queue job that stands for no live job. Null if its job stands at it after all. */
export async function cancelOrphanedQueueJob(
  transaction: JobTransaction,
  queue: Queue,
  { queue: name, queueJobId, jobId }: QueueJobRef,
): Promise<"cancelled" | null> {
  const job = await lockJob(transaction, jobId);
  if (job && !isFinished(job.status) && job.queueJobId === queueJobId) return null;
  await queue.cancel(transaction, name, queueJobId);
  transaction.notice.cancel.push(queueJobId);
  return "cancelled";
}

import type { Catalogue } from "../job/catalogue.ts";
import type { Job } from "../job/job.ts";
import type { JobTransaction } from "../job/locked-jobs.ts";
import { applyTransition } from "../job/store.ts";
import type { Queue } from "../queue/queue.ts";
import { queueOfJob } from "./read-jobs.ts";

/**
 * Cancels a job whose row the caller has locked. The notice reaches the dispatcher that runs it (`receiveNotices`), which
 * aborts the attempt's signal; if the notice is lost, the next heartbeat finds the claim gone. Null if it was finished before.
 */
export async function cancelLocked(
  transaction: JobTransaction,
  parts: { queue: Queue; catalogue: Catalogue },
  job: Job,
): Promise<Job | null> {
  const cancelled = applyTransition(transaction, "cancel", { jobId: job.id }, { currentStep: "Cancelled" }, [
    { type: "cancelled", data: {} },
  ]);
  if (!cancelled || !job.queueJobId) return cancelled;
  transaction.notice.cancel.push(job.queueJobId);
  const name = await queueOfJob(transaction, parts, job);
  if (name) await parts.queue.cancel(transaction, name, job.queueJobId);
  return cancelled;
}

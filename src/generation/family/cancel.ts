import type { Catalogue } from "../job/catalogue.ts";
import type { Job } from "../job/job.ts";
import { type JobTransaction, lockJobs } from "../job/locked-jobs.ts";
import { applyTransition } from "../job/store.ts";
import type { Queue } from "../queue/queue.ts";
import { queueOfJob } from "../queue/queue-of-job.ts";
import { findLiveChildren } from "./children.ts";

type Parts = { queue: Queue; catalogue: Catalogue };

/**
 * Cancels a job whose row the caller has locked, and the jobs that it has spawned. The notice reaches the dispatcher that
 * runs one of them (`receiveNotices`), which aborts the attempt's signal; if the notice is lost, the next heartbeat finds the
 * claim gone. Null if it was finished before.
 */
export async function cancelLocked(transaction: JobTransaction, parts: Parts, job: Job): Promise<Job | null> {
  const cancelled = await cancelOne(transaction, parts, job);
  if (cancelled) await cancelChildren(transaction, parts, [job.id]);
  return cancelled;
}

/** Cancels what these jobs have spawned and is live, and what that has spawned. Returns how many. */
export async function cancelChildren(
  transaction: JobTransaction,
  parts: Parts,
  parentIds: readonly string[],
): Promise<number> {
  const live = await findLiveChildren(transaction.query, parentIds);
  if (live.length === 0) return 0;
  // Children are younger than their parents: their ids come later, as the order of locks wants it.
  const children = await lockJobs(transaction, live);
  let count = 0;
  for (const child of children.values()) if (await cancelOne(transaction, parts, child)) count++;
  return count + (await cancelChildren(transaction, parts, live));
}

async function cancelOne(transaction: JobTransaction, parts: Parts, job: Job): Promise<Job | null> {
  const cancelled = applyTransition(transaction, "cancel", { jobId: job.id }, { currentStep: "Cancelled" }, [
    { type: "cancelled", data: {} },
  ]);
  if (!cancelled || !job.queueJobId) return cancelled;
  transaction.notice.cancel.push(job.queueJobId);
  const name = await queueOfJob(transaction, parts, job);
  if (name) await parts.queue.cancel(transaction, name, job.queueJobId);
  return cancelled;
}

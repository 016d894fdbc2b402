import type { Db } from "../../db/client.ts";
import type { Log } from "../../log.ts";
import { closeUnreportedCalls } from "../attempt/steps/calls.ts";
import type { Catalogue } from "../job/catalogue.ts";
import { type JobTransaction, transactJobs } from "../job/locked-jobs.ts";
import type { Queue } from "../queue/queue.ts";
import { repairMissingQueueJob } from "./missing-queue-jobs.ts";
import { cancelOrphanedQueueJob } from "./orphaned-queue-jobs.ts";
import { failAtUnknownPhase } from "./unknown-phases.ts";

/** Disagreements between mirror and queue that were found and repaired. */
export type Drift = {
  /** Live jobs without a live queue job: their phase was sent again. */
  resent: number;
  /** Live jobs whose queue job had failed for good unseen: they failed. */
  failed: number;
  /** Live jobs at a phase that no living worker knows: they failed. */
  unknownPhase: number;
  /** Live queue jobs that stood for no job any more: they were cancelled. */
  cancelled: number;
};

const batchSize = 100;
const callUnreportedAfterSeconds = 60;

/**
 * Compares the mirror with the queue, both ways, and repairs what a person's hand or a retention policy has broken.
 * Nothing in ordinary running needs it. Safe to run at any time, in any number of processes: each repair holds the
 * job's row, under which mirror and queue only change together.
 */
export async function reconcile(options: { db: Db; queue: Queue; catalogue: Catalogue; log: Log }): Promise<Drift> {
  const { db, queue, log } = options;
  const drift: Drift = { resent: 0, failed: 0, unknownPhase: 0, cancelled: 0 };

  async function repair(
    job: string,
    run: (transaction: JobTransaction) => Promise<keyof Drift | null>,
  ): Promise<void> {
    const done = await transactJobs(db, run);
    if (!done) return;
    drift[done]++;
    log.warn({ event: "drift", repair: done, job });
  }

  for (const jobId of await queue.findJobsWithoutQueueJob(batchSize)) {
    await repair(jobId, (transaction) => repairMissingQueueJob(transaction, options, jobId));
  }
  for (const found of await queue.findJobsAtUnknownPhase(batchSize)) {
    await repair(found.id, (transaction) => failAtUnknownPhase(transaction, queue, found));
  }
  for (const found of await queue.findQueueJobsWithoutJob(batchSize)) {
    await repair(found.jobId, (transaction) => cancelOrphanedQueueJob(transaction, queue, found));
  }
  await closeUnreportedCalls(db, callUnreportedAfterSeconds);
  return drift;
}

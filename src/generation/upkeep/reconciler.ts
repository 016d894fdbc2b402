import type { Db } from "../../db/client.ts";
import type { Log } from "../../log/log.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { closeUnreportedCalls } from "../attempt/steps/calls.ts";
import { settleFamilies } from "../family/families.ts";
import type { Catalogue } from "../job/catalogue.ts";
import { type JobTransaction, transactJobs } from "../job/locked-jobs.ts";
import type { Queue } from "../queue/queue.ts";
import { admitAll } from "../queue/turns/admission.ts";
import { recordRepairs } from "./daily-records.ts";
import { expireJobs } from "./expired-jobs.ts";
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
// Less than the minute until the next run.
const mostMilliseconds = 50_000;
const callUnreportedAfterSeconds = 60;

/**
 * Compares the mirror with the queue, both ways, and repairs what a person's hand or a retention policy has broken.
 * Nothing in ordinary running needs it. Safe to run at any time, in any number of processes: each repair holds the
 * job's row, under which mirror and queue only change together.
 */
export async function reconcile(options: {
  db: Db;
  queue: Queue;
  catalogue: Catalogue;
  metrics: Pick<Metrics, "repaired">;
  log: Log;
}): Promise<Drift> {
  const { db, queue, metrics, log } = options;
  const drift: Drift = { resent: 0, failed: 0, unknownPhase: 0, cancelled: 0 };

  const until = performance.now() + mostMilliseconds;

  /** Repairs all that `find` finds, batch by batch. What cannot be repaired stops nothing behind it. */
  async function repairAll<Found>(
    find: (limit: number) => Promise<Found[]>,
    jobOf: (found: Found) => string,
    repair: (transaction: JobTransaction, found: Found) => Promise<keyof Drift | null>,
  ): Promise<void> {
    for (let failed = 0; performance.now() < until; ) {
      // Those that failed are found again, and stand before the others.
      const batch = await find(batchSize + failed);
      const failedBefore = failed;
      failed = 0;
      for (const found of batch) {
        try {
          const done = await transactJobs(db, (transaction) => repair(transaction, found));
          if (!done) continue;
          drift[done]++;
          metrics.repaired(done);
          log.warn({ event: "drift", repair: done, job: jobOf(found) });
        } catch (error) {
          failed++;
          log.error({ event: "repair_failed", job: jobOf(found), err: error });
        }
      }
      if (batch.length < batchSize + failedBefore) return;
    }
  }

  const own = (id: string) => id;
  await repairAll(queue.findJobsWithoutQueueJob, own, (transaction, id) =>
    repairMissingQueueJob(transaction, options, id),
  );
  for (const phase of await queue.findPhasesWithoutWorker()) log.warn({ event: "no_worker", ...phase });
  await repairAll(
    queue.findJobsAtUnknownPhase,
    ({ id }) => id,
    (transaction, found) => failAtUnknownPhase(transaction, queue, found),
  );
  await repairAll(
    queue.findQueueJobsWithoutJob,
    ({ jobId }) => jobId,
    (transaction, found) => cancelOrphanedQueueJob(transaction, queue, found),
  );
  await recordRepairs(db, drift);
  await expireJobs(db, queue);
  await closeUnreportedCalls(db, callUnreportedAfterSeconds);
  await queue.forgetTurns();
  await admitAll(options);
  await settleFamilies(options);
  return drift;
}

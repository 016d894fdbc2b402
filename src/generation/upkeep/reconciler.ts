import type { Db } from "../../db/client.ts";
import { transact } from "../../db/commit/transact.ts";
import { newUuid } from "../../ids.ts";
import type { Log } from "../../log.ts";
import { closeForgottenCalls } from "../../money/ledger.ts";
import { failForgotten, failLost } from "../attempt/fail-lost.ts";
import type { Catalogue } from "../job/catalogue.ts";
import { type JobRow, lockJob, standIn } from "../job/store.ts";
import { isFinished } from "../job/transitions.ts";
import type { Queue } from "../queue/queue.ts";
import type { QueueJobRef } from "../queue/queue-tables.ts";

/** Disagreements between mirror and queue that were found and repaired. */
export type Drift = {
  /** Live jobs without a live queue job: their phase was sent again. */
  resent: number;
  /** Live jobs whose queue job had failed for good unseen: they failed. */
  failed: number;
  /** Live jobs at a phase that no living worker knows: they failed. */
  forgotten: number;
  /** Live queue jobs that stood for no job any more: they were cancelled. */
  cancelled: number;
};

const batchSize = 100;
const forgottenAfterSeconds = 60;

/**
 * Compares the mirror with the queue, both ways, and repairs what somebody's hand or a retention policy has broken.
 * Nothing in ordinary running needs it. Safe to run at any time, in any number of processes: each repair holds the
 * job's row, under which mirror and queue only change together.
 */
export async function reconcile(options: { db: Db; queue: Queue; catalogue: Catalogue; log: Log }): Promise<Drift> {
  const { db, queue, catalogue, log } = options;
  const drift: Drift = { resent: 0, failed: 0, forgotten: 0, cancelled: 0 };

  for (const jobId of await queue.findJobsWithoutQueueJob(batchSize)) {
    const repair = await transact(db, async (change) => {
      const job = await lockJob(change.tx, jobId);
      const phase = job && catalogue.phase(job.type, job.phase);
      if (!job?.queueJobId || !phase || isFinished(job.status)) return null;
      const { queueJobId } = job;
      const { state, claim } = await queue.look(change, phase.queue, queueJobId);
      if (state === "live") return null;
      if (state === "failed") {
        // Its dead letter may only be late: whoever comes second finds nothing left to do.
        await failLost(change, job, { queueJobId, phase: phase.name, claim });
        return "failed";
      }
      const resent = await standIn(change, { jobId, queueJobId }, newUuid());
      if (resent) await queue.send(change, phase, resent);
      return "resent";
    });
    if (repair) drift[repair]++;
    if (repair) log.warn({ event: "drift", repair, job: jobId });
  }

  for (const { id: jobId, queue: name } of await queue.findForgottenJobs(batchSize)) {
    const forgotten = await transact(db, async (change) => {
      const job = await lockJob(change.tx, jobId);
      if (!job?.queueJobId || !(await queue.isForgotten(change, jobId))) return false;
      await failForgotten(change, job, job.queueJobId);
      if (name) await queue.cancel(change, name, job.queueJobId);
      return true;
    });
    if (forgotten) drift.forgotten++;
    if (forgotten) log.warn({ event: "drift", repair: "forgotten", job: jobId, queue: name });
  }

  for (const orphan of await queue.findQueueJobsWithoutJob(batchSize)) {
    const cancelled = await transact(db, async (change) => {
      const job = await lockJob(change.tx, orphan.jobId);
      if (standsFor(job, orphan)) return false;
      await queue.cancel(change, orphan.queue, orphan.queueJobId);
      change.notice.cancel.push(orphan.queueJobId);
      return true;
    });
    if (cancelled) drift.cancelled++;
    if (cancelled) log.warn({ event: "drift", repair: "cancelled", job: orphan.jobId, queue: orphan.queue });
  }
  await closeForgottenCalls(db, forgottenAfterSeconds);
  return drift;
}

const standsFor = (job: JobRow | null, { queueJobId }: QueueJobRef): boolean =>
  job !== null && !isFinished(job.status) && job.queueJobId === queueJobId;

import { newUuid } from "../../ids.ts";
import { failLostJob } from "../attempt/dead-letter.ts";
import type { Catalogue } from "../job/catalogue.ts";
import { type JobTransaction, lockJob } from "../job/locked-jobs.ts";
import { replaceQueueJob } from "../job/store.ts";
import { isFinished } from "../job/transitions.ts";
import type { Queue } from "../queue/queue.ts";

/**
 * Repairs a live job whose queue job is not live. If pg-boss failed the queue job, the job fails; if the queue job is
 * gone, its phase is sent once more. Null if there was nothing to repair.
 */
export async function repairMissingQueueJob(
  transaction: JobTransaction,
  { queue, catalogue }: { queue: Queue; catalogue: Catalogue },
  jobId: string,
): Promise<"failed" | "resent" | null> {
  const job = await lockJob(transaction, jobId);
  const phase = job && catalogue.phase(job.type, job.phase);
  if (!job?.queueJobId || !phase || isFinished(job.status)) return null;
  const { queueJobId } = job;
  const state = await queue.look(transaction, phase.queue, queueJobId);
  if (state === "live") return null;
  if (state === "failed") {
    // Its dead letter may still be unread, and then finds the job failed already.
    await failLostJob(transaction, job, { queueJobId, phase: phase.name });
    return "failed";
  }
  const resent = replaceQueueJob(transaction, { jobId, queueJobId }, newUuid());
  if (resent) await queue.send(transaction, [{ phase, job: resent }]);
  return "resent";
}

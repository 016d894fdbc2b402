import type { Change } from "../../db/commit/transact.ts";
import { RequestError } from "../../errors.ts";
import { newUuid } from "../../ids.ts";
import { closeAbandonedCalls } from "../../money/ledger.ts";
import { noError } from "../attempt/running-attempt.ts";
import type { Catalogue } from "../job/catalogue.ts";
import { apply, type JobRow } from "../job/store.ts";
import type { Queue } from "../queue/queue.ts";

type Parts = { queue: Queue; catalogue: Catalogue };

/** Cancels a job whose row the caller has locked, and stops the attempt that runs. Null if it was finished before. */
export async function cancelLocked(
  change: Change,
  { queue, catalogue }: Parts,
  job: JobRow,
): Promise<JobRow | null> {
  const cancelled = await apply(change, "cancel", { jobId: job.id }, { currentStep: "Cancelled" }, [
    { type: "cancelled", data: {} },
  ]);
  const phase = catalogue.phase(job.type, job.phase);
  if (cancelled && phase && job.queueJobId) {
    await queue.cancel(change, phase.queue, job.queueJobId);
    change.notice.cancel.push(job.queueJobId);
  }
  return cancelled;
}

/** Sends the phase in which a job failed or was cancelled once more, under a new queue job, attempts from the start. */
export async function resumeLocked(
  change: Change,
  { queue, catalogue }: Parts,
  job: JobRow,
  maxCostUsd = job.maxCostUsd,
): Promise<JobRow> {
  if (job.status === "completed")
    throw new RequestError("conflict", "The job has completed: there is nothing to resume.");
  const phase = catalogue.phase(job.type, job.phase);
  if (!phase) throw new RequestError("conflict", `The job's type or phase "${job.phase}" exists no more.`);
  const resumed = await apply(
    change,
    "resume",
    { jobId: job.id },
    {
      ...noError,
      errorMessage: null,
      completedAt: null,
      currentStep: job.startedAt ? phase.label : "Queued",
      queueJobId: newUuid(),
      claim: null,
      attempts: 0,
      maxAttempts: job.requestedMaxAttempts ?? phase.maxAttempts,
      maxCostUsd,
    },
    [{ type: "resumed", data: {} }],
  );
  if (!resumed) {
    throw new RequestError("conflict", `The job is ${job.status}: only a failed or cancelled one can be resumed.`);
  }
  // A worker that died with the job's last attempt has told nothing of its calls.
  await closeAbandonedCalls(change.tx, job.id);
  await queue.send(change, phase, resumed);
  return resumed;
}

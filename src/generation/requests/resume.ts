import { JobError, RequestError } from "../../errors.ts";
import { newUuid } from "../../ids.ts";
import { readStoredInput } from "../attempt/run/inputs.ts";
import { nothingBefore, presentInput } from "../attempt/run/stored-input.ts";
import { noError } from "../attempt/running-attempt.ts";
import { closeAbandonedCalls } from "../attempt/steps/calls.ts";
import { forgetWaits } from "../attempt/steps/patience.ts";
import type { Catalogue, PlacedPhase } from "../job/catalogue.ts";
import type { Job } from "../job/job.ts";
import type { JobTransaction } from "../job/locked-jobs.ts";
import { applyTransition } from "../job/store.ts";
import type { Queue } from "../queue/queue.ts";

/** Sends the phase in which a job failed or was cancelled once more, under a new queue job, attempts from the start. */
export async function resumeLocked(
  transaction: JobTransaction,
  { queue, catalogue }: { queue: Queue; catalogue: Catalogue },
  job: Job,
  maxCostUsd = job.maxCostUsd,
): Promise<void> {
  if (job.status === "completed")
    throw new RequestError("conflict", "The job has completed: there is nothing to resume.");
  const phase = catalogue.phase(job.type, job.phase);
  if (!phase) {
    const detail = `The job's type or phase "${job.phase}" exists no more: fork it from a phase that does.`;
    throw new RequestError("conflict", detail);
  }
  if (job.errorCode === "input_mismatch") await requireFit(transaction, catalogue, job, phase);
  const [turn] = await queue.takeTurns(transaction.query, [{ phase, job }]);
  if (turn?.waitingFor) transaction.notice.freed.add(job.tenant);
  const resumed = applyTransition(
    transaction,
    "resume",
    { jobId: job.id },
    {
      ...noError,
      errorMessage: null,
      completedAt: null,
      // Asked for by hand, it is wanted at this time too.
      startBefore: null,
      currentStep: job.startedAt ? phase.label : "Queued",
      queueJobId: newUuid(),
      claim: null,
      ...turn,
      attempts: 0,
      lostAttempts: 0,
      maxAttempts: job.requestedMaxAttempts ?? phase.maxAttempts,
      maxCostUsd,
    },
    [{ type: "resumed", data: {} }],
  );
  if (!resumed) {
    throw new RequestError("conflict", `The job is ${job.status}: only a failed or cancelled one can be resumed.`);
  }
  // A worker that died with the job's last attempt has reported none of its calls.
  await closeAbandonedCalls(transaction, job.id);
  await forgetWaits(transaction.tx, job.id);
  await queue.send(transaction, [{ phase, job: resumed }]);
}

/** Throws RequestError `conflict` if the phase would refuse its input again. */
async function requireFit(
  { query, now }: JobTransaction,
  catalogue: Catalogue,
  { id, type: name }: Job,
  phase: PlacedPhase,
): Promise<void> {
  const type = catalogue.type(name);
  if (!type) return;
  const before = type.phases[phase.position - 1]?.name ?? null;
  const stored = await readStoredInput(query, { id, phase: phase.name, before });
  try {
    if (!stored) throw nothingBefore(phase.name, before ?? "");
    presentInput(type, phase, stored, now);
  } catch (error) {
    // What waits for newer code may wait on.
    if (!(error instanceof JobError)) return;
    const { message, detail } = error;
    throw new RequestError("conflict", detail ? `${message.replace(/\.$/, "")}: ${detail}` : message, {
      cause: error,
    });
  }
}

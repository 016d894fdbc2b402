import { JobError, RequestError } from "../../errors.ts";
import { newUuid } from "../../ids.ts";
import { originHere, traceOfJob } from "../../telemetry/traces/job-spans.ts";
import { forgetOpenAnswers } from "../attempt/answers/wanted-answers.ts";
import { readStoredInput } from "../attempt/run/inputs.ts";
import { nothingBefore, presentInput } from "../attempt/run/stored-input.ts";
import { noError } from "../attempt/running-attempt.ts";
import { closeAbandonedCalls } from "../attempt/steps/calls.ts";
import { forgetWaits } from "../attempt/steps/patience.ts";
import { findUnfinishedChildren } from "../family/children.ts";
import type { Catalogue, PlacedPhase } from "../job/catalogue.ts";
import type { Job } from "../job/job.ts";
import { type JobTransaction, lockJobs } from "../job/locked-jobs.ts";
import { applyTransition } from "../job/store.ts";
import { isFinished } from "../job/transitions.ts";
import type { TakenTurn } from "../queue/phase-jobs.ts";
import type { Queue } from "../queue/queue.ts";

type Parts = { queue: Queue; catalogue: Catalogue };

/** Sends the phase in which a job failed or was cancelled once more, under a new queue job, attempts from the start. */
export async function resumeLocked(
  transaction: JobTransaction,
  parts: Parts,
  job: Job,
  maxCostUsd?: string,
): Promise<void> {
  const [refusal] = await resumeAllLocked(transaction, parts, [job], maxCostUsd);
  if (refusal) throw refusal;
}

/** Resumes those of these jobs that can be resumed. Returns for each why it cannot, or null. */
export async function resumeAllLocked(
  transaction: JobTransaction,
  { queue, catalogue }: Parts,
  jobs: readonly Job[],
  maxCostUsd?: string,
): Promise<(RequestError | null)[]> {
  const found: (PlacedPhase | RequestError)[] = [];
  for (const job of jobs) found.push(await phaseToResume(transaction, catalogue, job));
  const ready = found.flatMap((phase, index) =>
    phase instanceof RequestError ? [] : [{ phase, job: jobs[index] as Job }],
  );
  const turns = await queue.takeTurns(transaction.query, ready);
  const resumed = ready.map(({ phase, job }, index) => ({
    phase,
    job: resume(transaction, phase, job, { maxCostUsd: maxCostUsd ?? job.maxCostUsd, ...turns[index] }),
  }));
  // A worker that died with the last attempt of one has reported none of its calls.
  for (const { job } of resumed) await closeAbandonedCalls(transaction, job.id);
  const ids = resumed.map(({ job }) => job.id);
  await forgetWaits(transaction.tx, ids);
  await forgetOpenAnswers(transaction.query, ids);
  const origin = originHere(resumed.length > 1);
  const sent = resumed.map(({ phase, job }) => ({ phase, job, trace: traceOfJob(phase.queue, job, origin) }));
  await queue.send(transaction, sent);
  for (const { job } of resumed) await resumeChildren(transaction, { queue, catalogue }, job);
  return found.map((phase) => (phase instanceof RequestError ? phase : null));
}

/** What the phase has spawned and is missing goes on with it. What cannot is for its handler to judge, as before. */
async function resumeChildren(transaction: JobTransaction, parts: Parts, { id, phase }: Job): Promise<void> {
  const children = await lockJobs(transaction, await findUnfinishedChildren(transaction.query, id, phase));
  if (children.size > 0) await resumeAllLocked(transaction, parts, [...children.values()]);
}

/** The phase at which the job goes on, or why it cannot. */
async function phaseToResume(
  transaction: JobTransaction,
  catalogue: Catalogue,
  job: Job,
): Promise<PlacedPhase | RequestError> {
  if (job.status === "completed")
    return new RequestError("conflict", "The job has completed: there is nothing to resume.");
  if (!isFinished(job.status))
    return new RequestError("conflict", `The job is ${job.status}: only a failed or cancelled one can be resumed.`);
  const phase = catalogue.phase(job.type, job.phase);
  if (!phase) {
    const detail = `The job's type or phase "${job.phase}" exists no more: fork it from a phase that does.`;
    return new RequestError("conflict", detail);
  }
  const problem = job.errorCode === "input_mismatch" ? await misfitOf(transaction, catalogue, job, phase) : null;
  return problem ?? phase;
}

function resume(
  transaction: JobTransaction,
  phase: PlacedPhase,
  job: Job,
  { maxCostUsd, ...turn }: Partial<TakenTurn> & Pick<Job, "maxCostUsd">,
): Job {
  if (turn.waitingFor) transaction.notice.freed.add(job.tenant);
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
  if (!resumed) throw new Error("A finished job was not resumed under its lock.");
  return resumed;
}

/** Why the phase would refuse its input again. Null if it would not. */
async function misfitOf(
  { query, now }: JobTransaction,
  catalogue: Catalogue,
  { id, type: name }: Job,
  phase: PlacedPhase,
): Promise<RequestError | null> {
  const type = catalogue.type(name);
  if (!type) return null;
  const before = type.phases[phase.position - 1]?.name ?? null;
  const stored = await readStoredInput(query, { id, phase: phase.name, before });
  try {
    if (!stored) throw nothingBefore(phase.name, before ?? "");
    presentInput(type, phase, stored, now);
    return null;
  } catch (error) {
    // What waits for newer code may wait on.
    if (!(error instanceof JobError)) return null;
    const { message, detail } = error;
    return new RequestError("conflict", detail ? `${message.replace(/\.$/, "")}: ${detail}` : message, {
      cause: error,
    });
  }
}

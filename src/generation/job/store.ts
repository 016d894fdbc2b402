import type { JobEvent } from "../history/events.ts";
import {
  type AttemptId,
  applied,
  type Claimant,
  isRunBy,
  type Job,
  type JobFields,
  mayApply,
  tenantLimit,
  waitsFor,
} from "./job.ts";
import type { JobTransaction, LockedJob } from "./locked-jobs.ts";
import { isFinished, type Transition, type TransitionName, transitions } from "./transitions.ts";

/*
 * The only ways in which a job changes. Its row is locked (`lockJobs`); the change is decided here, and written with its
 * events by `writeLocked` when the transaction ends.
 */

/**
 * Applies a transition: the only place where a job's status is written. Returns the job as it is now, or null if it did
 * not land: the claimant has lost the job, or it is finished.
 */
export function applyTransition<Name extends TransitionName>(
  transaction: JobTransaction,
  name: Name,
  claimant: Claimant<Name>,
  { resultData = null, ...fields }: JobFields,
  events: JobEvent[],
): Job | null {
  const locked = transaction.locked.get(claimant.jobId);
  const transition: Transition = transitions[name];
  if (!locked || !mayApply(locked.job, transition, claimant)) return null;
  locked.resultData ??= resultData;
  const before = locked.job;
  const job = change(locked, applied(before, transition, fields, transaction.now), events);
  transaction.landed.push({ transition: name, before, job, at: transaction.now });
  return job;
}

/**
 * Writes for a running attempt without a transition: progress, steps, text. Null if the attempt has lost the job, or
 * has ended and the next one is still to come.
 */
export function writeForAttempt(
  { locked }: JobTransaction,
  attempt: AttemptId,
  fields: JobFields,
  events: JobEvent[],
): Job | null {
  const found = locked.get(attempt.jobId);
  if (!found || !isRunBy(found.job, attempt)) return null;
  return change(found, { ...found.job, ...fields }, events);
}

/** Gives a live job a new queue job: the old one is gone, or was handed back before an attempt began. No transition: the status stays. */
export function replaceQueueJob(
  { locked }: JobTransaction,
  { jobId, queueJobId }: { jobId: string; queueJobId: string },
  newQueueJobId: string,
  fields: JobFields = {},
): Job | null {
  const found = locked.get(jobId);
  if (found?.job.queueJobId !== queueJobId) return null;
  const { attempts, maxAttempts } = found.job;
  // The attempt that went with the old queue job was used up, but one more must be left.
  const left = Math.min(attempts, maxAttempts - 1);
  return change(found, { ...found.job, queueJobId: newQueueJobId, claim: null, attempts: left, ...fields }, []);
}

/** Lets a job go that its tenant's limit has held back. */
export function letGo({ locked }: JobTransaction, jobId: string): Job | null {
  const found = locked.get(jobId);
  return found?.job.waitingFor === tenantLimit ? change(found, { ...found.job, waitingFor: null }, []) : null;
}

/** Notes what a live job has been waiting for. One that waits for this alone may go on now. */
export function noteArrival({ locked }: JobTransaction, jobId: string, what: string, event: JobEvent): Job | null {
  const found = locked.get(jobId);
  if (!found || isFinished(found.job.status)) return null;
  const goesOn = waitsFor(found.job, what) ? { waitingFor: null, nextAttemptAt: null } : {};
  return change(found, { ...found.job, ...goesOn }, [event]);
}

/** Writes how far the jobs are that a job has spawned. Of one that is finished, their cost alone. */
export function followChildren(
  { locked }: JobTransaction,
  jobId: string,
  { childrenCost = null, ...fields }: JobFields,
  events: JobEvent[],
): void {
  const found = locked.get(jobId);
  if (!found) return;
  const isOver = isFinished(found.job.status);
  change(found, { ...found.job, childrenCost, ...(isOver ? {} : fields) }, isOver ? [] : events);
}

/** Writes what a job's calls have cost, or which model they went to. */
export function writeSpending(
  { locked }: JobTransaction,
  jobId: string,
  fields: Partial<Pick<Job, SpendingColumn>>,
): void {
  const found = locked.get(jobId);
  if (found) change(found, { ...found.job, ...fields }, []);
}

type SpendingColumn = "providerUsed" | "model" | "cost" | "inputTokens" | "cachedInputTokens" | "outputTokens";

function change(locked: LockedJob, job: Job, events: JobEvent[]): Job {
  locked.job = { ...job, eventCount: job.eventCount + events.length };
  locked.isChanged = true;
  locked.events.push(...events);
  return locked.job;
}

import { sql } from "drizzle-orm";
import type { JobType } from "../author/define.ts";
import { generationJobs, generationPhases } from "../db/schema/index.ts";
import type { Change } from "../db/transact.ts";
import { Interruption, JobError } from "../errors.ts";
import { closeAbandonedCalls } from "../model/ledger.ts";
import type { PlacedPhase } from "./catalogue.ts";
import type { JobFailure } from "./events.ts";
import { describeFailure } from "./failure.ts";
import { newUuid } from "./ids.ts";
import type { Claimed, DeadLetter, Queue } from "./queue.ts";
import { apply, type JobRow, lockJob } from "./store.ts";

/** An attempt that has begun: the row as `start` left it, and where in its type the job is. */
export type Running = { claimed: Claimed; row: JobRow; phase: PlacedPhase; type: JobType; startedAt: number };

export const noError = { errorCode: null, errorRetryable: null, providerRequestId: null };
const noWait = { nextAttemptAt: null, waitingFor: null };

/**
 * Each function here ends an attempt in one transaction: the mirror, the event and the queue job together.
 * What did not land on both sides throws Interruption("lost"), which rolls everything back.
 */
export async function finishPhase(change: Change, queue: Queue, running: Running, output: unknown): Promise<void> {
  const { claimed, row, phase } = running;
  const seconds = (performance.now() - running.startedAt) / 1000;
  const finished = {
    type: "phase_completed" as const,
    data: { phase: phase.name, attempt: row.attempts, seconds: Math.round(seconds * 1000) / 1000 },
  };
  if (phase.next) {
    const { next } = phase;
    const advanced = await apply(
      change,
      "advance",
      claimed,
      {
        phase: next.name,
        currentStep: next.label,
        percentage: atLeast(next.percentage.from),
        estimatedTimeRemaining: timeLeft(next.percentage.from),
        attempts: 0,
        maxAttempts: row.requestedMaxAttempts ?? next.maxAttempts,
        queueJobId: newUuid(),
        claim: null,
        ...noError,
        ...noWait,
      },
      [finished],
    );
    if (!advanced) throw lost();
    await keepOutput(change, running, output, seconds);
    mustLand(await queue.complete(change, claimed.queue, claimed));
    await queue.send(change, next, advanced);
    return;
  }
  await completeJob(change, queue, running, output, [finished], seconds);
}

async function completeJob(
  change: Change,
  queue: Queue,
  running: Running,
  output: unknown,
  events: Parameters<typeof apply>[4],
  seconds: number,
): Promise<void> {
  const { claimed, row, type } = running;
  // What the type keeps must exist before the row can point at it, and rows are locked before anything else.
  const locked = await lockJob(change.tx, row.id);
  const { id, tenant, topicId, model } = locked ?? row;
  const startedAt = row.startedAt ?? row.createdAt;
  const recorded = (await type.record?.(change.tx, { id, tenant, topicId, model, startedAt }, output)) ?? {};
  const { result = output, articleId = null, wordCount = null, seoScore = null } = recorded;
  const completed = await apply(
    change,
    "complete",
    claimed,
    {
      phase: "completed",
      percentage: 100,
      currentStep: "Completed",
      resultData: result,
      articleId,
      wordCount,
      seoScore,
      ...noError,
    },
    [...events, { type: "completed", data: { articleId, wordCount, seoScore, cost: locked?.cost ?? null } }],
  );
  mustLand(completed !== null);
  await keepOutput(change, running, output, seconds);
  mustLand(await queue.complete(change, claimed.queue, claimed));
}

/** The phase runs again at `retryAt`, one attempt fewer. */
export async function retryPhase(
  change: Change,
  queue: Queue,
  { claimed }: Running,
  error: JobFailure,
  retryAt: Date,
): Promise<void> {
  const landed = await apply(
    change,
    "retry",
    claimed,
    { ...lastError(error), nextAttemptAt: retryAt, waitingFor: null },
    [attemptFailed(error, retryAt)],
  );
  mustLand(landed !== null);
  mustLand(await queue.retry(change, claimed.queue, claimed, retryAt));
}

/**
 * The phase runs again at `until`, with as many attempts as before. It goes back under a new queue job: pg-boss
 * counts every claim against the old one's attempts.
 */
export async function putBack(
  change: Change,
  queue: Queue,
  { claimed, row, phase }: Running,
  until: Date,
  why: string,
): Promise<void> {
  const putBack = await apply(
    change,
    "wait",
    claimed,
    {
      attempts: row.attempts - 1,
      queueJobId: newUuid(),
      claim: null,
      nextAttemptAt: until,
      waitingFor: why,
    },
    [{ type: "waiting", data: { until: until.toISOString(), why, inPlace: false } }],
  );
  if (!putBack) throw lost();
  mustLand(await queue.complete(change, claimed.queue, claimed));
  await queue.send(change, phase, putBack);
}

/** The job has failed: it was the last attempt, or another one would be in vain. */
export async function failJob(
  change: Change,
  queue: Queue,
  { claimed }: Running,
  error: JobFailure,
): Promise<void> {
  mustLand((await applyFailure(change, claimed, error)) !== null);
  mustLand(await queue.fail(change, claimed.queue, claimed, error.code));
}

/**
 * The job has failed as pg-boss ended its queue job by itself: the last attempt's worker was gone. `claim` is that
 * attempt's. Null if the mirror knows already, which is so whenever the dispatcher itself failed the job.
 */
export async function failLost(
  change: Change,
  row: JobRow,
  lost: { queueJobId: string; phase: string; claim: number },
): Promise<JobRow | null> {
  const attempts = Math.min(row.maxAttempts, attemptsAt(row, lost.claim));
  const error = describeFailure(new JobError("worker_lost"), lost.phase, attempts);
  const claimant = { jobId: row.id, queueJobId: lost.queueJobId };
  const failed = await applyFailure(change, claimant, error, { attempts });
  if (failed) await closeAbandonedCalls(change.tx, failed.id);
  return failed;
}

/** The job has failed as nobody knows its phase any more. Null if the queue job stands for it no more. */
export async function failForgotten(change: Change, row: JobRow, queueJobId: string): Promise<JobRow | null> {
  const error = describeFailure(new JobError("invalid_phase"), row.phase, row.attempts);
  return await applyFailure(change, { jobId: row.id, queueJobId }, error);
}

/** Takes a dead letter off its queue and tells the mirror. See `failLost`. */
export async function bury(change: Change, queue: Queue, letter: DeadLetter): Promise<JobRow | null> {
  const row = await lockJob(change.tx, letter.jobId);
  const failed = row && (await failLost(change, row, letter));
  await queue.completeDeadLetter(change, letter);
  return failed;
}

async function applyFailure(
  change: Change,
  claimant: { jobId: string; queueJobId: string },
  error: JobFailure,
  more: { attempts?: number } = {},
): Promise<JobRow | null> {
  return await apply(
    change,
    "fail",
    claimant,
    { ...lastError(error), ...more, errorMessage: error.message, currentStep: "Failed" },
    [attemptFailed(error, null), { type: "failed", data: { error } }],
  );
}

const attemptFailed = (error: JobFailure, retryAt: Date | null) => ({
  type: "attempt_failed" as const,
  data: { phase: error.phase, attempt: error.attempt, error, nextAttemptAt: retryAt?.toISOString() ?? null },
});

const lastError = ({ code, message, retryable, providerRequestId }: JobFailure) => ({
  errorCode: code,
  lastError: message,
  errorRetryable: retryable,
  providerRequestId,
});

// Each claim was an attempt, also one whose worker was gone before it could say so.
const attemptsAt = (row: JobRow, claim: number): number => row.attempts + claim - (row.claim ?? -1);

export const startingChanges = (row: JobRow, phase: PlacedPhase, claim: number) => ({
  phase: phase.name,
  currentStep: phase.label,
  percentage: atLeast(phase.percentage.from),
  startedAt: row.startedAt ?? sql`now()`,
  phaseStartedAt: sql`now()`,
  attempts: attemptsAt(row, claim),
  claim,
  ...noWait,
});

async function keepOutput(
  { tx }: Change,
  { row, phase }: Running,
  output: unknown,
  seconds: number,
): Promise<void> {
  const kept = { jobId: row.id, phase: phase.name, output: output ?? null, attempts: row.attempts, seconds };
  await tx
    .insert(generationPhases)
    .values(kept)
    .onConflictDoUpdate({ target: [generationPhases.jobId, generationPhases.phase], set: kept });
}

/** Percentages never go down. */
const atLeast = (percentage: number) => sql`greatest(${generationJobs.percentage}, ${percentage}::integer)`;

/** Seconds left, if the rest goes as fast as what is done. */
export const timeLeft = (percentage: number) =>
  percentage < 5
    ? null
    : sql`ceil(extract(epoch from now() - ${generationJobs.startedAt}) * ${(100 - percentage) / percentage}::float8)::integer`;

const lost = () => new Interruption("lost");

function mustLand(landed: boolean): void {
  if (!landed) throw lost();
}

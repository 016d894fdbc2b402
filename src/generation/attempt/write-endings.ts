import type { Change } from "../../db/commit/transact.ts";
import { generationPhases } from "../../db/schema/index.ts";
import { Interruption } from "../../errors.ts";
import { newUuid } from "../../ids.ts";
import type { JobFailure } from "../history/events.ts";
import { apply, lockJob } from "../job/store.ts";
import type { Queue } from "../queue/queue.ts";
import { applyFailure, attemptFailed, lastError } from "./failure.ts";
import { atLeast, noError, noWait, type Running, timeLeft } from "./running-attempt.ts";

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

const lost = () => new Interruption("lost");

function mustLand(landed: boolean): void {
  if (!landed) throw lost();
}

import { isDatabaseUnavailable } from "../../db/availability.ts";
import type { Db } from "../../db/client.ts";
import { transactPatiently } from "../../db/commit/patience.ts";
import type { Transaction } from "../../db/commit/transact.ts";
import { generationPhases } from "../../db/schema/index.ts";
import { Interruption } from "../../errors.ts";
import { newUuid } from "../../ids.ts";
import type { JobEvent } from "../history/events.ts";
import { atLeast, timeLeft } from "../job/percentage.ts";
import { applyTransition, lockJob } from "../job/store.ts";
import type { ClaimedQueueJob } from "../queue/phase-jobs.ts";
import type { Queue } from "../queue/queue.ts";
import type { Ending, LostEnding } from "./ending.ts";
import { failJob } from "./fail-job.ts";
import { attemptFailed, failureFields } from "./failure.ts";
import { noError, noWait } from "./running-attempt.ts";
import { closeAbandonedCalls } from "./steps/calls.ts";

/** `lost`: the attempt has lost its job, and nothing was written. `refused`: what the database or `record` threw. */
export type Written = { landed: true } | { landed: false; lost: true } | { landed: false; refused: unknown };

type EndingOf<Name extends Ending["transition"]> = Extract<Ending, { transition: Name }>;

/**
 * Writes how attempts ended, each with its mirror row, its events and its queue job in one transaction: what does not
 * land on mirror and queue alike is rolled back. The answers are in the order of the endings. Throws when the
 * database stays away.
 */
export async function writeEndings(db: Db, queue: Queue, endings: readonly Ending[]): Promise<Written[]> {
  return await Promise.all(endings.map((ending) => writeEnding(db, queue, ending)));
}

async function writeEnding(db: Db, queue: Queue, ending: Ending): Promise<Written> {
  try {
    await transactPatiently(db, (transaction) => write(transaction, queue, ending));
    return { landed: true };
  } catch (error) {
    if (error instanceof Interruption) return { landed: false, lost: true };
    if (isDatabaseUnavailable(error)) throw error;
    return { landed: false, refused: error };
  }
}

async function write(transaction: Transaction, queue: Queue, ending: Ending): Promise<void> {
  switch (ending.transition) {
    case "advance":
      return await advance(transaction, queue, ending);
    case "complete":
      return await complete(transaction, queue, ending);
    case "retry":
      return await retry(transaction, queue, ending);
    case "wait":
      return await wait(transaction, queue, ending);
    case "fail": {
      const { claimed } = ending.attempt;
      mustLand((await failJob(transaction, claimed, ending.failure)) !== null);
      mustLand(await queue.fail(transaction, claimed.queue, claimed, ending.failure.code));
    }
  }
}

async function advance(transaction: Transaction, queue: Queue, ending: EndingOf<"advance" | "complete">) {
  const { claimed, row, phase } = ending.attempt;
  const { next } = phase;
  if (!next) throw new Error(`The phase "${phase.name}" is the last one.`);
  const advanced = await applyTransition(
    transaction,
    "advance",
    claimed,
    {
      phase: next.name,
      currentStep: next.label,
      percentage: atLeast(next.percentage.from),
      estimatedTimeRemaining: timeLeft(next.percentage.from),
      attempts: 0,
      lostAttempts: 0,
      maxAttempts: row.requestedMaxAttempts ?? next.maxAttempts,
      queueJobId: newUuid(),
      claim: null,
      ...noError,
      ...noWait,
    },
    [phaseCompleted(ending)],
  );
  if (!advanced) throw new Interruption("lost");
  await keepOutput(transaction, ending);
  mustLand(await queue.complete(transaction, claimed.queue, claimed));
  await queue.send(transaction, next, advanced);
}

async function complete(transaction: Transaction, queue: Queue, ending: EndingOf<"advance" | "complete">) {
  const { claimed, row, type } = ending.attempt;
  const { output } = ending;
  // What the type keeps must exist before the row can point at it, and rows are locked before anything else.
  const locked = await lockJob(transaction.tx, row.id);
  const { id, tenant, topicId, model, cost } = locked ?? row;
  const startedAt = row.startedAt ?? row.createdAt;
  const recorded = (await type.record?.(transaction.tx, { id, tenant, topicId, model, startedAt }, output)) ?? {};
  const { result = output, articleId = null, wordCount = null, seoScore = null } = recorded;
  const completed = await applyTransition(
    transaction,
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
    [phaseCompleted(ending), { type: "completed", data: { articleId, wordCount, seoScore, cost } }],
  );
  mustLand(completed !== null);
  await keepOutput(transaction, ending);
  mustLand(await queue.complete(transaction, claimed.queue, claimed));
}

async function retry(transaction: Transaction, queue: Queue, { attempt, failure, at }: EndingOf<"retry">) {
  const { claimed } = attempt;
  const fields = { ...failureFields(failure), nextAttemptAt: at, waitingFor: null };
  const row = await applyTransition(transaction, "retry", claimed, fields, [attemptFailed(failure, at)]);
  mustLand(row !== null);
  mustLand(await queue.retry(transaction, claimed.queue, claimed, at));
}

/**
 * Writes how the attempt before `claimed` ended, which was lost with its worker. The phase goes back under a new queue
 * job, which knows whether it must run alone; pg-boss would count every claim against the old one's attempts.
 */
export async function writeLostEnding(
  transaction: Transaction,
  queue: Queue,
  claimed: ClaimedQueueJob,
  ending: LostEnding,
): Promise<void> {
  const { claimed: lost, row, phase } = ending.attempt;
  const { failure } = ending;
  if (ending.transition === "fail") {
    mustLand((await failJob(transaction, lost, failure, { lostAttempts: row.lostAttempts + 1 })) !== null);
    mustLand(await queue.fail(transaction, claimed.queue, claimed, failure.code));
  } else {
    const fields = {
      ...failureFields(failure),
      lostAttempts: row.lostAttempts + 1,
      maxAttempts: row.maxAttempts + 1,
      queueJobId: newUuid(),
      claim: null,
      nextAttemptAt: ending.at,
      waitingFor: null,
    };
    const waiting = await applyTransition(transaction, "retry", lost, fields, [attemptFailed(failure, ending.at)]);
    if (!waiting) throw new Interruption("lost");
    mustLand(await queue.complete(transaction, claimed.queue, claimed));
    await queue.send(transaction, phase, waiting);
  }
  await closeAbandonedCalls(transaction.tx, row.id);
}

// The phase goes back under a new queue job: pg-boss counts every claim against the old one's attempts.
async function wait(transaction: Transaction, queue: Queue, { attempt, why, at }: EndingOf<"wait">) {
  const { claimed, row, phase } = attempt;
  const waiting = await applyTransition(
    transaction,
    "wait",
    claimed,
    { attempts: row.attempts - 1, queueJobId: newUuid(), claim: null, nextAttemptAt: at, waitingFor: why },
    [{ type: "waiting", data: { until: at.toISOString(), why, inPlace: false } }],
  );
  if (!waiting) throw new Interruption("lost");
  mustLand(await queue.complete(transaction, claimed.queue, claimed));
  await queue.send(transaction, phase, waiting);
}

const phaseCompleted = ({ attempt, seconds }: EndingOf<"advance" | "complete">): JobEvent => ({
  type: "phase_completed",
  data: { phase: attempt.phase.name, attempt: attempt.row.attempts, seconds: Math.round(seconds * 1000) / 1000 },
});

async function keepOutput({ tx }: Transaction, { attempt, output, seconds }: EndingOf<"advance" | "complete">) {
  const { row, phase } = attempt;
  const kept = { jobId: row.id, phase: phase.name, output: output ?? null, attempts: row.attempts, seconds };
  await tx
    .insert(generationPhases)
    .values(kept)
    .onConflictDoUpdate({ target: [generationPhases.jobId, generationPhases.phase], set: kept });
}

function mustLand(landed: boolean): void {
  if (!landed) throw new Interruption("lost");
}

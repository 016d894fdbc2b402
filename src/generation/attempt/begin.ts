import type { Db } from "../../db/client.ts";
import { newUuid } from "../../ids.ts";
import type { Catalogue } from "../job/catalogue.ts";
import { tenantLimit } from "../job/job.ts";
import { type JobTransaction, lockJobs, presentJob, transactJobsPatiently } from "../job/locked-jobs.ts";
import type { TypicalTimes } from "../job/progress/typical-times.ts";
import { applyTransition, replaceQueueJob } from "../job/store.ts";
import type { ClaimedQueueJob, ToSend } from "../queue/phase-jobs.ts";
import type { Queue } from "../queue/queue.ts";
import { endingOfLost, type LostEnding } from "./ending/ending.ts";
import { expireJob, isExpired } from "./ending/expire-job.ts";
import { writeLostEnding } from "./ending/write-lost-ending.ts";
import { type Given, type RunningAttempt, startingFields } from "./running-attempt.ts";

/** `worker`: whose claims these are, as the table of workers has it. */
export type BeginParts = Known & { queue: Queue; worker: { id: string } | null };

/** What is known of jobs beside their rows. */
type Known = {
  catalogue: Catalogue;
  typicalTimes: TypicalTimes;
  /** Whether no phase of this tenant may begin. Default: all may. */
  isPaused?: (tenant: string) => boolean;
};

/** What became of claims: attempts that run now, and endings of those before, which were lost with their workers. */
export type Begun = { begun: RunningAttempt[]; lost: LostEnding[] };

/**
 * Makes fresh claims attempts, in the transaction that claimed them. `busy`: claims whose job another transaction has
 * locked. It may wait for the queue job in turn, so these begin with `beginAttempt`, when this transaction is over.
 * `given`: what jobs begin with (by id), where this process knows it already.
 */
export async function beginAttempts(
  transaction: JobTransaction,
  parts: BeginParts,
  claims: readonly ClaimedQueueJob[],
  given: ReadonlyMap<string, Given> = new Map(),
): Promise<Begun & { busy: ClaimedQueueJob[] }> {
  const jobs = await lockJobs(
    transaction,
    claims.map(({ jobId }) => jobId),
    { skipLocked: true },
  );
  const free = claims.filter(({ jobId }) => jobs.has(jobId));
  const { begun, lost } = await begin(transaction, parts, free);
  return {
    begun: begun.map((attempt) => ({ ...attempt, given: given.get(attempt.row.id) })),
    lost,
    busy: claims.filter(({ jobId }) => !jobs.has(jobId)),
  };
}

/** Makes one claim an attempt. */
export async function beginAttempt(db: Db, parts: BeginParts, claimed: ClaimedQueueJob): Promise<Begun> {
  return await transactJobsPatiently(db, async (transaction) => {
    await lockJobs(transaction, [claimed.jobId]);
    return await begin(transaction, parts, [claimed]);
  });
}

/**
 * Ends the attempt before this claim if it was lost with its worker, before the claim waits to run alone or is handed
 * back. Null if there was none.
 */
export async function endLostAttempt(
  db: Db,
  { queue, ...known }: Omit<BeginParts, "worker">,
  claimed: ClaimedQueueJob,
): Promise<LostEnding | null> {
  return await transactJobsPatiently(db, async (transaction) => {
    await lockJobs(transaction, [claimed.jobId]);
    const standing = standingOf(transaction, known, claimed);
    const lost = standing && lostBefore(transaction, standing);
    return lost && ((await writeLostEnding(transaction, queue, claimed, lost)) ?? lost);
  });
}

async function begin(
  transaction: JobTransaction,
  { queue, worker, ...known }: BeginParts,
  claims: readonly ClaimedQueueJob[],
): Promise<Begun> {
  const started = claims.map((claimed) => start(transaction, known, claimed, worker?.id ?? null));
  // These claims stand for no job any more, or for none that may begin. A newer claim on the same queue job is left alone.
  await queue.complete(
    transaction,
    claims.filter((_, index) => isOver(started[index])),
  );
  await queue.send(
    transaction,
    started.flatMap((one) => (one && "held" in one ? [one.held] : [])),
  );
  const begun: RunningAttempt[] = [];
  const lost: LostEnding[] = [];
  for (const [index, claimed] of claims.entries()) {
    const one = started[index];
    if (one && "attempt" in one) begun.push(one.attempt);
    if (one && "lost" in one) {
      lost.push((await writeLostEnding(transaction, queue, claimed, one.lost)) ?? one.lost);
    }
  }
  return { begun, lost };
}

const isOver = (started: Started | undefined): boolean => !started || "held" in started;

/** An attempt to be, its job as it stands before. */
type Standing = Omit<RunningAttempt, "given">;

/** Null if the queue job does not stand for its job any more. */
function standingOf(
  transaction: JobTransaction,
  { catalogue, typicalTimes }: Known,
  claimed: ClaimedQueueJob,
): Standing | null {
  const row = presentJob(transaction, claimed.jobId);
  const phase = row && catalogue.phase(row.type, row.phase);
  const type = row && catalogue.type(row.type);
  if (!row || !phase || !type || phase.queue !== claimed.queue) return null;
  return { claimed, row, phase, type, typical: typicalTimes.of(row.type), startedAt: performance.now() };
}

/** The ending of an earlier claim on this queue job that never wrote one: its worker is dead. Null if there is none. */
function lostBefore({ now }: JobTransaction, { claimed, row, ...about }: Standing): LostEnding | null {
  const { queueJobId, claim, nextAttemptAt, waitingFor } = row;
  if (queueJobId !== claimed.queueJobId || claim === null || claim >= claimed.claim) return null;
  // One that waits in place has not ended either.
  if (nextAttemptAt !== null && waitingFor === null) return null;
  return endingOfLost({ ...about, claimed: { ...claimed, claim }, row }, now, Math.random());
}

/** `held`: the tenant is paused, and its job waits for it. Null: there is nothing to run. */
type Started = { attempt: RunningAttempt } | { lost: LostEnding } | { held: ToSend } | null;

function start(
  transaction: JobTransaction,
  known: Known,
  claimed: ClaimedQueueJob,
  workerId: string | null,
): Started {
  const standing = standingOf(transaction, known, claimed);
  if (!standing) return null;
  const { row: before, phase, typical } = standing;
  // It has begun already: only the answer to that commit was lost. No other worker holds this very claim.
  const hasBegun = before.queueJobId === claimed.queueJobId && before.claim === claimed.claim;
  if (hasBegun) return { attempt: standing };
  const lost = lostBefore(transaction, standing);
  if (lost) return { lost };
  if (isExpired(before, transaction.now)) {
    expireJob(transaction, before);
    return null;
  }
  if (known.isPaused?.(before.tenant)) {
    const waits = { waitingFor: tenantLimit, nextAttemptAt: null };
    const job = replaceQueueJob(transaction, claimed, newUuid(), waits);
    return job && { held: { phase, job, trace: claimed.trace } };
  }
  const fields = startingFields(before, phase, { typical, claim: claimed.claim, workerId, now: transaction.now });
  const row = applyTransition(transaction, "start", claimed, fields, [
    { type: "phase_started", data: { phase: phase.name, attempt: fields.attempts } },
  ]);
  return row && { attempt: { ...standing, row } };
}

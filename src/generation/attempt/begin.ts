import type { Db } from "../../db/client.ts";
import { JobError } from "../../errors.ts";
import type { JobEvent } from "../history/events.ts";
import type { Catalogue } from "../job/catalogue.ts";
import type { Job } from "../job/job.ts";
import { type JobTransaction, lockJobs, presentJob, transactJobsPatiently } from "../job/locked-jobs.ts";
import { applyTransition } from "../job/store.ts";
import type { ClaimedQueueJob } from "../queue/phase-jobs.ts";
import type { Queue } from "../queue/queue.ts";
import { attemptFailed, describeFailure } from "./failure.ts";
import { type Given, type RunningAttempt, startingFields } from "./running-attempt.ts";
import { closeAbandonedCalls } from "./steps/calls.ts";

type Parts = { queue: Queue; catalogue: Catalogue };

/**
 * Makes fresh claims attempts, in the transaction that claimed them. `busy`: claims whose job another transaction has
 * locked. It may wait for the queue job in turn, so these begin with `beginAttempt`, when this transaction is over.
 * `given`: what jobs begin with (by id), where this process knows it already.
 */
export async function beginAttempts(
  transaction: JobTransaction,
  parts: Parts,
  claims: readonly ClaimedQueueJob[],
  given: ReadonlyMap<string, Given> = new Map(),
): Promise<{ begun: RunningAttempt[]; busy: ClaimedQueueJob[] }> {
  const jobs = await lockJobs(
    transaction,
    claims.map(({ jobId }) => jobId),
    { skipLocked: true },
  );
  const [free, busy] = [
    claims.filter(({ jobId }) => jobs.has(jobId)),
    claims.filter(({ jobId }) => !jobs.has(jobId)),
  ];
  const begun = await begin(transaction, parts, free);
  return { begun: begun.map((attempt) => ({ ...attempt, given: given.get(attempt.row.id) })), busy };
}

/** Makes a claim an attempt. Null if the queue job does not stand for its job any more. */
export async function beginAttempt(db: Db, parts: Parts, claimed: ClaimedQueueJob): Promise<RunningAttempt | null> {
  return await transactJobsPatiently(db, async (transaction) => {
    await lockJobs(transaction, [claimed.jobId]);
    const [begun] = await begin(transaction, parts, [claimed]);
    return begun ?? null;
  });
}

async function begin(
  transaction: JobTransaction,
  { queue, catalogue }: Parts,
  claims: readonly ClaimedQueueJob[],
): Promise<RunningAttempt[]> {
  const started = claims.map((claimed) => start(transaction, catalogue, claimed));
  // These claims stand for no job any more. A newer claim on the same queue job is left alone.
  await queue.complete(
    transaction,
    claims.filter((_, index) => !started[index]),
  );
  for (const one of started) if (one?.lost) await closeAbandonedCalls(transaction, one.attempt.row.id);
  return started.flatMap((one) => (one ? [one.attempt] : []));
}

/** `lost`: the attempt before never said how it ended, so its worker is dead. */
function start(
  transaction: JobTransaction,
  catalogue: Catalogue,
  claimed: ClaimedQueueJob,
): { attempt: RunningAttempt; lost: boolean } | null {
  const before = presentJob(transaction, claimed.jobId);
  const phase = before && catalogue.phase(before.type, before.phase);
  const type = before && catalogue.type(before.type);
  if (!before || !phase || !type || phase.queue !== claimed.queue) return null;
  const about = { claimed, phase, type, startedAt: performance.now() };

  // It has begun already: only the answer to that commit was lost. No other worker holds this very claim.
  const hasBegun = before.queueJobId === claimed.queueJobId && before.claim === claimed.claim;
  if (hasBegun) return { attempt: { ...about, row: before }, lost: false };

  const events: JobEvent[] = [];
  const lost = isAttemptLost(before);
  if (lost) {
    events.push(attemptFailed(describeFailure(new JobError("worker_lost"), phase.name, before.attempts), null));
  }
  const fields = startingFields(before, phase, claimed.claim, transaction.now);
  events.push({ type: "phase_started", data: { phase: phase.name, attempt: fields.attempts } });
  const row = applyTransition(transaction, "start", claimed, fields, events);
  return row && { attempt: { ...about, row }, lost };
}

// One that waits in place has not ended either.
const isAttemptLost = ({ claim, nextAttemptAt, waitingFor }: Job): boolean =>
  claim !== null && (nextAttemptAt === null || waitingFor !== null);

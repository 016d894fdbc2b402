import { and, eq, inArray, isNotNull, isNull, lt, or, type SQL, sql } from "drizzle-orm";
import type { PgUpdateSetSource } from "drizzle-orm/pg-core";
import type { Tx } from "../../db/client.ts";
import type { Transaction } from "../../db/commit/transact.ts";
import { generationJobs } from "../../db/schema/index.ts";
import { appendEvents } from "../history/append-events.ts";
import type { JobEvent } from "../history/events.ts";
import { isFinished, type Transition, type TransitionName, transitions } from "./transitions.ts";

export type JobRow = typeof generationJobs.$inferSelect;
export type NewJobRow = typeof generationJobs.$inferInsert;

/** Names one attempt: a claim on a queue job. A write with it lands only while no newer claim was made. */
export type AttemptId = { jobId: string; queueJobId: string; claim: number };

/** What is written of a job beside its status. */
export type JobFields = Omit<PgUpdateSetSource<typeof generationJobs>, "status" | "eventCount">;

/** Who asks for a transition. Which of these a transition needs is its `guard`. */
export type Claimant<Name extends TransitionName> = {
  attempt: AttemptId;
  claim: AttemptId;
  "queue job": { jobId: string; queueJobId: string };
  status: { jobId: string };
}[(typeof transitions)[Name]["guard"]];

/** Adds a job with its first event. Null if its idempotency key is taken. */
export async function insertJob(transaction: Transaction, job: NewJobRow): Promise<JobRow | null> {
  const [row] = await transaction.tx
    .insert(generationJobs)
    .values({ ...job, eventCount: 1 })
    .onConflictDoNothing({
      target: [generationJobs.tenant, generationJobs.idempotencyKey],
      where: sql`${generationJobs.idempotencyKey} is not null`,
    })
    .returning();
  if (!row) return null;
  await appendEvents(transaction, row, [{ type: "submitted", data: {} }]);
  return row;
}

/**
 * Applies a transition: the only place where a job's status is written.
 * Returns the row as it is now, or null if it did not land: the claimant has lost the job, or it is finished.
 */
export async function applyTransition<Name extends TransitionName>(
  transaction: Transaction,
  name: Name,
  claimant: Claimant<Name>,
  fields: JobFields,
  events: JobEvent[],
): Promise<JobRow | null> {
  const { from, to, guard, toIfNeverStarted = to }: Transition = transitions[name];
  const status =
    to === toIfNeverStarted
      ? to
      : sql`case when ${generationJobs.startedAt} is null then ${toIfNeverStarted} else ${to} end`;
  return await update(
    transaction,
    and(eq(generationJobs.id, claimant.jobId), inArray(generationJobs.status, [...from]), holds(guard, claimant)),
    { ...(isFinished(to) ? finishedFields : {}), ...fields, status },
    events,
  );
}

const finishedFields = {
  completedAt: sql`now()`,
  queueJobId: null,
  claim: null,
  nextAttemptAt: null,
  waitingFor: null,
  estimatedTimeRemaining: null,
};

/**
 * Writes for a running attempt without a transition: progress, steps, text. Null if the attempt has lost the job, or
 * has ended and the next one is still to come.
 */
export async function writeForAttempt(
  transaction: Transaction,
  attempt: AttemptId,
  fields: JobFields,
  events: JobEvent[],
): Promise<JobRow | null> {
  return await update(
    transaction,
    and(
      eq(generationJobs.id, attempt.jobId),
      eq(generationJobs.status, "processing"),
      holds("attempt", attempt),
      // An attempt that waits in place says for what; one that is to be tried again has ended.
      or(isNull(generationJobs.nextAttemptAt), isNotNull(generationJobs.waitingFor)),
    ),
    fields,
    events,
  );
}

/** Lets a new queue job stand for a live job in place of one that is gone or given back unbegun. Not a transition: the status stays. */
export async function replaceQueueJob(
  transaction: Transaction,
  { jobId, queueJobId }: { jobId: string; queueJobId: string },
  newQueueJobId: string,
  fields: JobFields = {},
): Promise<JobRow | null> {
  return await update(
    transaction,
    and(eq(generationJobs.id, jobId), eq(generationJobs.queueJobId, queueJobId)),
    // The attempt that went with the old queue job was used up, but one more must be left.
    {
      queueJobId: newQueueJobId,
      claim: null,
      attempts: sql`least(${generationJobs.attempts}, ${generationJobs.maxAttempts} - 1)`,
      ...fields,
    },
    [],
  );
}

/** Writes what a job's calls have cost, or which model they went to. The caller has locked the row. */
export async function writeSpending(
  tx: Tx,
  jobId: string,
  fields: Partial<Pick<JobRow, SpendingColumn>>,
): Promise<void> {
  await tx.update(generationJobs).set(fields).where(eq(generationJobs.id, jobId));
}

type SpendingColumn = "providerUsed" | "model" | "cost" | "inputTokens" | "cachedInputTokens" | "outputTokens";

/** Locks the row until the transaction ends. */
export async function lockJob(tx: Tx, jobId: string): Promise<JobRow | null> {
  const [row] = await tx.select().from(generationJobs).where(eq(generationJobs.id, jobId)).for("update");
  return row ?? null;
}

/** Whether the attempt holds the job, as its row says. */
export const isHeldBy = (job: JobRow, { queueJobId, claim }: AttemptId): boolean =>
  job.status === "processing" && job.queueJobId === queueJobId && job.claim === claim;

function holds(guard: (typeof transitions)[TransitionName]["guard"], claimant: Partial<AttemptId>) {
  if (guard === "status") return undefined;
  const { queueJobId, claim } = claimant;
  // Every other guard names the queue job; without it the update must match nothing.
  const sameQueueJob = queueJobId === undefined ? sql`false` : eq(generationJobs.queueJobId, queueJobId);
  if (guard === "queue job") return sameQueueJob;
  if (claim === undefined) return sql`false`;
  if (guard === "claim")
    return and(sameQueueJob, or(isNull(generationJobs.claim), lt(generationJobs.claim, claim)));
  return and(sameQueueJob, eq(generationJobs.claim, claim));
}

async function update(
  transaction: Transaction,
  where: SQL | undefined,
  fields: PgUpdateSetSource<typeof generationJobs>,
  events: JobEvent[],
): Promise<JobRow | null> {
  const [row] = await transaction.tx
    .update(generationJobs)
    .set({ ...fields, eventCount: sql`${generationJobs.eventCount} + ${events.length}` })
    .where(where)
    .returning();
  if (!row) return null;
  await appendEvents(transaction, row, events);
  return row;
}

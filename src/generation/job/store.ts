import { and, eq, inArray, isNotNull, isNull, lt, or, type SQL, sql } from "drizzle-orm";
import type { PgUpdateSetSource } from "drizzle-orm/pg-core";
import { followJob } from "../../content/topics.ts";
import type { Tx } from "../../db/client.ts";
import type { Change } from "../../db/commit/transact.ts";
import { generationJobEvents, generationJobs } from "../../db/schema/index.ts";
import type { JobEvent } from "../history/events.ts";
import { isFinished, type Transition, type TransitionName, transitions } from "./transitions.ts";

export type JobRow = typeof generationJobs.$inferSelect;
export type NewJobRow = typeof generationJobs.$inferInsert;

/** One claim on one queue job. What names it may write for the job as long as nobody has claimed it anew. */
export type Attempt = { jobId: string; queueJobId: string; claim: number };

type Changes = Omit<PgUpdateSetSource<typeof generationJobs>, "status" | "eventCount">;

/** Who asks for a transition. Which of these a transition needs is its `guard`. */
export type Claimant<Name extends TransitionName> = {
  attempt: Attempt;
  claim: Attempt;
  "queue job": { jobId: string; queueJobId: string };
  status: { jobId: string };
}[(typeof transitions)[Name]["guard"]];

/** Adds a job with its first event. Null if its idempotency key is taken. */
export async function insertJob(change: Change, job: NewJobRow): Promise<JobRow | null> {
  const [row] = await change.tx
    .insert(generationJobs)
    .values({ ...job, eventCount: 1 })
    .onConflictDoNothing({
      target: [generationJobs.tenant, generationJobs.idempotencyKey],
      where: sql`${generationJobs.idempotencyKey} is not null`,
    })
    .returning();
  if (!row) return null;
  await append(change, row, [{ type: "submitted", data: {} }]);
  return row;
}

/**
 * Applies a transition: the only place where a job's status is written.
 * Returns the row as it is now, or null if it did not land: the claimant has lost the job, or it is finished.
 */
export async function apply<Name extends TransitionName>(
  change: Change,
  name: Name,
  claimant: Claimant<Name>,
  changes: Changes,
  events: JobEvent[],
): Promise<JobRow | null> {
  const { from, to, guard, toIfNeverStarted = to }: Transition = transitions[name];
  const over = isFinished(to)
    ? {
        completedAt: sql`now()`,
        queueJobId: null,
        claim: null,
        nextAttemptAt: null,
        waitingFor: null,
        estimatedTimeRemaining: null,
      }
    : {};
  const row = await update(
    change,
    and(eq(generationJobs.id, claimant.jobId), inArray(generationJobs.status, [...from]), holds(guard, claimant)),
    {
      ...over,
      ...changes,
      status:
        to === toIfNeverStarted
          ? to
          : sql`case when ${generationJobs.startedAt} is null then ${toIfNeverStarted} else ${to} end`,
    },
    events,
  );
  const endsOrLivesAgain = isFinished(to) || from.some(isFinished);
  if (row && endsOrLivesAgain) await followJob(change.tx, row);
  return row;
}

/**
 * Writes for a running attempt without a transition: progress, steps, text. Null if it holds the job no more, or has
 * ended and the next one is still to come.
 */
export async function write(
  change: Change,
  attempt: Attempt,
  changes: Changes,
  events: JobEvent[],
): Promise<JobRow | null> {
  return await update(
    change,
    and(
      eq(generationJobs.id, attempt.jobId),
      eq(generationJobs.status, "processing"),
      holds("attempt", attempt),
      // An attempt that waits in place says for what; one that is to be tried again has ended.
      or(isNull(generationJobs.nextAttemptAt), isNotNull(generationJobs.waitingFor)),
    ),
    changes,
    events,
  );
}

/** Lets a new queue job stand for a live job in place of one that is no more. Not a transition: the status stays. */
export async function standIn(
  change: Change,
  { jobId, queueJobId }: { jobId: string; queueJobId: string },
  newQueueJobId: string,
): Promise<JobRow | null> {
  return await update(
    change,
    and(eq(generationJobs.id, jobId), eq(generationJobs.queueJobId, queueJobId)),
    // The attempt that went with the old queue job was used up, but one more must be left.
    {
      queueJobId: newQueueJobId,
      claim: null,
      attempts: sql`least(${generationJobs.attempts}, ${generationJobs.maxAttempts} - 1)`,
    },
    [],
  );
}

/** Locks the row until the transaction ends. */
export async function lockJob(tx: Tx, jobId: string): Promise<JobRow | null> {
  const [row] = await tx.select().from(generationJobs).where(eq(generationJobs.id, jobId)).for("update");
  return row ?? null;
}

function holds(guard: (typeof transitions)[TransitionName]["guard"], claimant: Partial<Attempt>): SQL | undefined {
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
  change: Change,
  where: SQL | undefined,
  changes: PgUpdateSetSource<typeof generationJobs>,
  events: JobEvent[],
): Promise<JobRow | null> {
  const [row] = await change.tx
    .update(generationJobs)
    .set({ ...changes, eventCount: sql`${generationJobs.eventCount} + ${events.length}` })
    .where(where)
    .returning();
  if (!row) return null;
  await append(change, row, events);
  return row;
}

// The row is locked by the update before, so numbers follow each other without a gap.
async function append(change: Change, row: JobRow, events: JobEvent[]): Promise<void> {
  if (events.length === 0) return;
  const first = row.eventCount - events.length + 1;
  await change.tx
    .insert(generationJobEvents)
    .values(events.map(({ type, data }, index) => ({ jobId: row.id, id: first + index, type, data })));
  change.notice.events[row.id] = row.eventCount;
}

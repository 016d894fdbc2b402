import type { PgBoss } from "pg-boss";
import type { Database } from "../../db/client.ts";
import { type Query, statement } from "../../db/commit/statement.ts";
import type { Transaction } from "../../db/commit/transact.ts";
import type { TraceContext } from "../../telemetry/traces/context.ts";
import type { Catalogue, PlacedPhase } from "../job/catalogue.ts";
import { type AttemptId, type Job, tenantLimit, wantsChildren } from "../job/job.ts";
import type { JobTransaction } from "../job/locked-jobs.ts";
import { runsAlone } from "../job/lost-attempts.ts";
import { fence, landed, settledIds } from "./fence.ts";
import { expiryMarginSeconds } from "./heartbeat-limits.ts";
import { touchStatement, touchValues } from "./touch-statement.ts";
import { forgetTurns, takeTurns } from "./turns/turns.ts";

/** A queue job that this process has claimed, fresh from pg-boss. */
export type ClaimedQueueJob = AttemptId & {
  queue: string;
  /** Nothing else may run in the process beside it. */
  alone: boolean;
  /** The job's place in a trace. Default: none is recorded. */
  trace?: TraceContext | undefined;
};

export type TakenTurn = Pick<Job, "rank" | "waitingFor">;

export type SendableJob = Pick<
  Job,
  "id" | "queueJobId" | "rank" | "attempts" | "maxAttempts" | "lostAttempts" | "nextAttemptAt" | "waitingFor"
>;

/** A job whose phase is to be queued, and its place in a trace, for the worker that takes it. */
export type ToSend = { phase: PlacedPhase; job: SendableJob; trace?: TraceContext | undefined };

// For one that is held back, until it is let go.
const never = new Date("9999-01-01");

/** Whether the job has no time of its own, but is let go. One whose children have ended before it waited has one. */
const isHeldBack = ({ waitingFor, nextAttemptAt }: Pick<Job, "waitingFor" | "nextAttemptAt">): boolean =>
  waitingFor === tenantLimit || (waitingFor === wantsChildren && nextAttemptAt === null);

type QueueJobData = { jobId: string; alone?: boolean; trace?: TraceContext };

// For claims whose worker dies before the attempt begins, or with it: Galley counts those itself.
const spareClaims = 20;

/** What Galley does with the queue jobs of phases. `false` means that the attempt has lost its queue job. */
export type PhaseJobs = {
  /** Queues each job's phase as its row says, under the row's queue job id, which was never used before. */
  send(transaction: JobTransaction, jobs: readonly ToSend[]): Promise<void>;
  /**
   * Takes their tenants' next turns for jobs that begin, in their order. Returns what to write of them: their ranks, and
   * that those of a tenant with a limit wait for it.
   */
  takeTurns(
    query: Query,
    jobs: readonly { phase: PlacedPhase; job: Pick<Job, "tenant" | "priority"> }[],
  ): Promise<TakenTurn[]>;
  /** Counts turns from the start in queues where nothing waits, so that no count grows for ever. */
  forgetTurns(): Promise<void>;
  /** Claims up to `limit` queue jobs, the highest rank first. */
  fetch(transaction: Transaction, queue: string, limit: number, minRank?: number): Promise<ClaimedQueueJob[]>;
  /** Ends the queue jobs of attempts that have done their work. Returns the ids of those that had not been lost. */
  complete(transaction: Transaction, attempts: readonly ClaimedQueueJob[]): Promise<Set<string>>;
  /** Makes due what was sent for a job that was held back, or that waited for an answer. */
  letGo(transaction: JobTransaction, queue: string, job: Pick<Job, "queueJobId" | "nextAttemptAt">): Promise<void>;
  /** Gives the queue job back for another attempt at `retryAt`. */
  retry(transaction: Transaction, queue: string, attempt: AttemptId, retryAt: Date): Promise<boolean>;
  /** Ends the queue job for good. It goes to the dead letters, where its job is found to have failed already. */
  fail(transaction: Transaction, queue: string, attempt: AttemptId, reason: string): Promise<boolean>;
  /** Ends the queue job, whichever attempt holds it. */
  cancel(transaction: Transaction, queue: string, queueJobId: string): Promise<void>;
  /** Says that the attempts are alive. Returns those that have lost their queue job. */
  touch(attempts: readonly ClaimedQueueJob[]): Promise<AttemptId[]>;
};

/** pg-boss, as part of the caller's transaction. */
export const within = ({ query }: { query: Query }) => ({
  db: {
    executeSql: async (text: string, values: unknown[] = []) => ({ rows: await query(statement(text), values) }),
  },
});

export function createPhaseJobs(
  boss: PgBoss,
  { pool, session }: Pick<Database, "pool" | "session">,
  catalogue: Catalogue,
): PhaseJobs {
  const touch = touchStatement(session.queueSchema);
  const expiryOf = ({ expireInSeconds }: PlacedPhase) => expireInSeconds + expiryMarginSeconds;
  // A claim that must run alone waits for what its process still runs.
  const longestWaitSeconds = Math.max(0, ...catalogue.phases.map(expiryOf));

  function queueJobFor({ phase, job, trace }: ToSend) {
    const { id, queueJobId, rank, attempts, maxAttempts } = job;
    const startAfter = isHeldBack(job) ? never : job.nextAttemptAt;
    const alone = runsAlone(job);
    return {
      ...(queueJobId && { id: queueJobId }),
      data: { jobId: id, ...(alone && { alone }), ...(trace && { trace }) } satisfies QueueJobData,
      priority: rank,
      retryLimit: Math.max(0, maxAttempts - attempts - 1) + spareClaims,
      expireInSeconds: expiryOf(phase) + (alone ? longestWaitSeconds : 0),
      ...(startAfter ? { startAfter } : {}),
    };
  }

  return {
    async send(transaction, jobs) {
      for (const [phase, sent] of Map.groupBy(jobs, (one) => one.phase)) {
        const queueJobs = sent.map(queueJobFor);
        const inserted = await boss.insert(phase.queue, queueJobs, { ...within(transaction), returnId: true });
        if (inserted?.length !== sent.length) {
          throw new Error(`pg-boss took ${inserted?.length ?? 0} of ${sent.length} queue jobs for ${phase.queue}.`);
        }
        const due = sent.filter(
          ({ job }) => !isHeldBack(job) && !(job.nextAttemptAt && job.nextAttemptAt > transaction.now),
        );
        if (due.length > 0) transaction.notice.wake[phase.queue] = due.length;
      }
    },

    async takeTurns(query, jobs) {
      const takers = jobs.map(({ phase, job: { tenant, priority } }) => ({ queue: phase.queue, tenant, priority }));
      const taken = await takeTurns(query, session.queueSchema, takers);
      // All are held back at first. How many may go is decided under the lock on the tenant, by `admit`.
      return taken.map(({ rank, hasLimit }) => ({ rank, waitingFor: hasLimit ? tenantLimit : null }));
    },

    async forgetTurns() {
      await pool.query(forgetTurns(session.queueSchema));
    },

    async fetch(transaction, queue, limit, minRank) {
      const jobs = await boss.fetch<QueueJobData>(queue, {
        batchSize: limit,
        includeMetadata: true,
        ...(minRank === undefined ? {} : { minPriority: minRank }),
        ...within(transaction),
      });
      return jobs
        .toSorted((a, b) => b.priority - a.priority)
        .map(({ id, data, retryCount }) => ({
          queue,
          jobId: data.jobId,
          queueJobId: id,
          claim: retryCount,
          alone: data.alone === true,
          trace: data.trace,
        }));
    },

    async complete(transaction, attempts) {
      const completed: string[] = [];
      for (const [queue, ended] of Map.groupBy(attempts, (attempt) => attempt.queue)) {
        completed.push(...settledIds(await boss.complete(queue, ended.map(fence), null, within(transaction))));
      }
      return new Set(completed);
    },

    async letGo(transaction, queue, { queueJobId: id, nextAttemptAt }) {
      if (id)
        await boss.update(queue, undefined, {
          id,
          // pg-boss keeps a queue job for so long after this time.
          startAfter: nextAttemptAt ?? transaction.now,
          ...within(transaction),
        });
      transaction.notice.wake[queue] = 1 + (transaction.notice.wake[queue] ?? 0);
    },

    async retry(transaction, queue, attempt, retryAt) {
      if (!landed(await boss.fail(queue, fence(attempt), null, within(transaction)))) return false;
      const { queueJobId: id } = attempt;
      await boss.update(queue, undefined, { id, startAfter: retryAt, ...within(transaction) });
      return true;
    },

    async fail(transaction, queue, attempt, reason) {
      if (!landed(await boss.fail(queue, fence(attempt), { reason }, within(transaction)))) return false;
      const { queueJobId: id } = attempt;
      // pg-boss queues it once more while it has retries left: without any, it fails for good.
      await boss.update(queue, undefined, { id, retryLimit: 0, ...within(transaction) });
      await boss.fail(queue, id, { reason }, within(transaction));
      return true;
    },

    async cancel(transaction, queue, queueJobId) {
      await boss.cancel(queue, queueJobId, within(transaction));
    },

    async touch(attempts) {
      const { rows } = await pool.query<{ id: string }>(touch, touchValues(attempts));
      const alive = new Set(rows.map(({ id }) => id));
      return attempts.filter(({ queueJobId }) => !alive.has(queueJobId));
    },
  };
}

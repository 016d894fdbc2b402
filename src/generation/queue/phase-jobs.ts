import { sql } from "drizzle-orm";
import { fromDrizzle, type PgBoss } from "pg-boss";
import type { Transaction } from "../../db/commit/transact.ts";
import type { Catalogue, PlacedPhase } from "../job/catalogue.ts";
import { runsAlone } from "../job/lost-attempts.ts";
import type { AttemptId, JobRow } from "../job/store.ts";
import { expiryMarginSeconds } from "./dead-workers.ts";
import { fence, landed, settledIds } from "./fence.ts";

/** A queue job that this process has claimed, fresh from pg-boss. */
export type ClaimedQueueJob = AttemptId & {
  queue: string;
  priority: number;
  /** Nothing else may run in the process beside it. */
  alone: boolean;
};

export type SendableJob = Pick<
  JobRow,
  "id" | "queueJobId" | "priority" | "attempts" | "maxAttempts" | "lostAttempts" | "nextAttemptAt"
>;

type QueueJobData = { jobId: string; alone?: boolean };

// For claims whose worker dies before the attempt begins, or with it: Galley counts those itself.
const spareClaims = 20;

/** What Galley does with the queue jobs of phases. `false` means that the attempt has lost its queue job. */
export type PhaseJobs = {
  /** Queues a phase for the job as its row says, under the row's queue job id, which was never used before. */
  send(transaction: Transaction, phase: PlacedPhase, job: SendableJob): Promise<void>;
  /** Claims up to `limit` queue jobs, the best first. */
  fetch(queue: string, limit: number, minPriority?: number): Promise<ClaimedQueueJob[]>;
  complete(transaction: Transaction, queue: string, attempt: AttemptId): Promise<boolean>;
  /** Gives the queue job back for another attempt at `retryAt`. */
  retry(transaction: Transaction, queue: string, attempt: AttemptId, retryAt: Date): Promise<boolean>;
  /** Ends the queue job for good. It goes to the dead letters, where its job is found to have failed already. */
  fail(transaction: Transaction, queue: string, attempt: AttemptId, reason: string): Promise<boolean>;
  /** Ends the queue job, whichever attempt holds it. */
  cancel(transaction: Transaction, queue: string, queueJobId: string): Promise<void>;
  /** Says that the attempts are alive. Returns those that have lost their queue job. */
  touch(queue: string, attempts: AttemptId[]): Promise<AttemptId[]>;
};

/** pg-boss, as part of the caller's transaction. */
export const within = ({ tx }: Transaction) => ({ db: fromDrizzle(tx, sql) });

export function createPhaseJobs(boss: PgBoss, catalogue: Catalogue): PhaseJobs {
  const expiryOf = ({ expireInSeconds }: PlacedPhase) => expireInSeconds + expiryMarginSeconds;
  // A claim that must run alone waits for what its process still runs.
  const longestWaitSeconds = Math.max(0, ...catalogue.phases.map(expiryOf));

  return {
    async send(transaction, phase, job) {
      const { id, queueJobId, priority, attempts, maxAttempts, nextAttemptAt: startAfter } = job;
      const alone = runsAlone(job);
      const queueJob = {
        ...(queueJobId && { id: queueJobId }),
        data: { jobId: id, ...(alone && { alone }) } satisfies QueueJobData,
        priority,
        retryLimit: Math.max(0, maxAttempts - attempts - 1) + spareClaims,
        expireInSeconds: expiryOf(phase) + (alone ? longestWaitSeconds : 0),
        ...(startAfter ? { startAfter } : {}),
      };
      const inserted = await boss.insert(phase.queue, [queueJob], { ...within(transaction), returnId: true });
      if (inserted?.[0] !== queueJobId) throw new Error(`pg-boss did not take a queue job for ${phase.queue}.`);
      if (!startAfter || startAfter.getTime() <= Date.now()) transaction.notice.wake.push(phase.queue);
    },

    async fetch(queue, limit, minPriority) {
      const jobs = await boss.fetch<QueueJobData>(queue, {
        batchSize: limit,
        includeMetadata: true,
        ...(minPriority === undefined ? {} : { minPriority }),
      });
      return jobs
        .map(({ id, data, retryCount, priority }) => ({
          queue,
          jobId: data.jobId,
          queueJobId: id,
          claim: retryCount,
          priority,
          alone: data.alone === true,
        }))
        .sort((a, b) => b.priority - a.priority);
    },

    async complete(transaction, queue, attempt) {
      return landed(await boss.complete(queue, fence(attempt), null, within(transaction)));
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
      // If attempts were left it waits for its next one now: take those away and fail it once more.
      await boss.update(queue, undefined, { id, retryLimit: 0, ...within(transaction) });
      await boss.fail(queue, id, { reason }, within(transaction));
      return true;
    },

    async cancel(transaction, queue, queueJobId) {
      await boss.cancel(queue, queueJobId, within(transaction));
    },

    async touch(queue, attempts) {
      const alive = settledIds(await boss.touch(queue, attempts.map(fence)));
      return attempts.filter(({ queueJobId }) => !alive.includes(queueJobId));
    },
  };
}

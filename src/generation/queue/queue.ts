import { sql } from "drizzle-orm";
import { fromDrizzle, type JobAttempt, PgBoss } from "pg-boss";
import type { Database } from "../../db/client.ts";
import type { Change } from "../../db/commit/transact.ts";
import type { Log } from "../../log.ts";
import type { Catalogue, PlacedPhase } from "../job/catalogue.ts";
import type { Attempt, JobRow } from "../job/store.ts";
import { deadLetterQueue, type QueueTables, readQueueTables } from "./queue-tables.ts";

// pg-boss's minimum. Who misses it has lost the queue job: the worker is taken for gone.
export const heartbeatSeconds = 10;
// Behind our own deadline for an attempt, for a worker that cannot keep it.
const expiryMarginSeconds = 30;
const superviseIntervalSeconds = 10;
const migrationMilliseconds = 3_600_000;

/** A claim on a queue job, fresh from pg-boss. */
export type Claimed = Attempt & { queue: string; priority: number };

/** A queue job that pg-boss will not run again, and the last claim on it. */
export type DeadLetter = {
  attempt: JobAttempt;
  jobId: string;
  phase: string;
  queueJobId: string;
  claim: number;
};

export type SendableJob = Pick<
  JobRow,
  "id" | "queueJobId" | "priority" | "attempts" | "maxAttempts" | "nextAttemptAt"
>;

export type Queue = QueueTables & {
  /** Queues a phase for the job as its row says, under the row's queue job id, which was never used before. */
  send(change: Change, phase: PlacedPhase, job: SendableJob): Promise<void>;
  /** Claims up to `limit` queue jobs, the best first. */
  fetch(queue: string, limit: number, minPriority?: number): Promise<Claimed[]>;
  /** Whether it landed: false means that the attempt has lost its queue job. */
  complete(change: Change, queue: string, attempt: Attempt): Promise<boolean>;
  /** Gives the queue job back for another attempt at `retryAt`. */
  retry(change: Change, queue: string, attempt: Attempt, retryAt: Date): Promise<boolean>;
  /** Ends the queue job for good. It goes to the dead letters, where it finds its job already failed. */
  fail(change: Change, queue: string, attempt: Attempt, reason: string): Promise<boolean>;
  /** Ends the queue job whoever holds it. */
  cancel(change: Change, queue: string, queueJobId: string): Promise<void>;
  /** Says that the attempts are alive. Returns those that have lost their queue job. */
  touch(queue: string, attempts: Attempt[]): Promise<Attempt[]>;
  fetchDeadLetters(limit: number): Promise<DeadLetter[]>;
  completeDeadLetter(change: Change, letter: DeadLetter): Promise<void>;
  /** Looks now for attempts that expired or whose worker is gone; at most every ten seconds, whoever asks. */
  supervise(): Promise<void>;
  /** Runs `handler` at the times that `cron` (UTC) gives, once among all processes. */
  schedule(name: string, cron: string, handler: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
};

/** Starts pg-boss on the database's own pool and brings one queue per phase up to date. `supervise`: also watch over expiry and schedules. */
export async function openQueue(
  { pool, db, session }: Database,
  catalogue: Catalogue,
  log: Log,
  options: { supervise: boolean },
): Promise<Queue> {
  // A new version of pg-boss may have much to rewrite, once, before anything else begins.
  let limit: { query_timeout?: number } = { query_timeout: migrationMilliseconds };
  const boss = new PgBoss({
    db: { executeSql: (text, values = []) => pool.query({ text, values, ...limit }) },
    schema: session.queueSchema,
    // Migration has made it; asking for it again takes a right on the whole database.
    createSchema: false,
    supervise: options.supervise,
    schedule: options.supervise,
    superviseIntervalSeconds,
    monitorIntervalSeconds: superviseIntervalSeconds,
    flowIntervalSeconds: 3600,
    useListenNotify: false,
  });
  boss.on("error", (error) => log.error({ event: "queue_error", err: error }));
  boss.on("warning", ({ message }) => log.warn({ event: "queue_warning", reason: message }));
  await boss.start();
  limit = {};
  await declareQueues(boss, catalogue);

  const within = ({ tx }: Change) => ({ db: fromDrizzle(tx, sql) });

  return {
    ...readQueueTables(
      db,
      session.queueSchema,
      catalogue.phases.map(({ queue }) => queue),
    ),

    async send(change, phase, { id, queueJobId, priority, attempts, maxAttempts, nextAttemptAt: startAfter }) {
      const inserted = await boss.insert(
        phase.queue,
        [
          {
            ...(queueJobId && { id: queueJobId }),
            data: { jobId: id },
            priority,
            retryLimit: Math.max(0, maxAttempts - attempts - 1),
            expireInSeconds: phase.expireInSeconds + expiryMarginSeconds,
            ...(startAfter ? { startAfter } : {}),
          },
        ],
        { ...within(change), returnId: true },
      );
      if (inserted?.[0] !== queueJobId) throw new Error(`pg-boss did not take a queue job for ${phase.queue}.`);
      if (!startAfter || startAfter.getTime() <= Date.now()) change.notice.wake.push(phase.queue);
    },

    async fetch(queue, limit, minPriority) {
      const jobs = await boss.fetch<{ jobId: string }>(queue, {
        batchSize: limit,
        includeMetadata: true,
        ...(minPriority === undefined ? {} : { minPriority }),
      });
      return jobs
        .map((job) => ({
          queue,
          jobId: job.data.jobId,
          queueJobId: job.id,
          claim: job.retryCount,
          priority: job.priority,
        }))
        .sort((a, b) => b.priority - a.priority);
    },

    async complete(change, queue, attempt) {
      return landed(await boss.complete(queue, fence(attempt), null, within(change)));
    },

    async retry(change, queue, attempt, retryAt) {
      if (!landed(await boss.fail(queue, fence(attempt), null, within(change)))) return false;
      await boss.update(queue, undefined, { id: attempt.queueJobId, startAfter: retryAt, ...within(change) });
      return true;
    },

    async fail(change, queue, attempt, reason) {
      if (!landed(await boss.fail(queue, fence(attempt), { reason }, within(change)))) return false;
      // If attempts were left it waits for its next one now: take those away and fail it once more.
      await boss.update(queue, undefined, { id: attempt.queueJobId, retryLimit: 0, ...within(change) });
      await boss.fail(queue, attempt.queueJobId, { reason }, within(change));
      return true;
    },

    async cancel(change, queue, queueJobId) {
      await boss.cancel(queue, queueJobId, within(change));
    },

    async touch(queue, attempts) {
      const { settled = [] } = answer(await boss.touch(queue, attempts.map(fence)));
      return attempts.filter(({ queueJobId }) => !settled.includes(queueJobId));
    },

    async fetchDeadLetters(limit) {
      const letters = await boss.fetch<{ jobId: string }>(deadLetterQueue, {
        batchSize: limit,
        includeMetadata: true,
      });
      return letters.map(({ id, retryCount, data, sourceName, sourceId, sourceRetryCount }) => ({
        attempt: { id, retryCount },
        jobId: data.jobId,
        phase: phaseOf(sourceName ?? ""),
        queueJobId: sourceId ?? "",
        claim: sourceRetryCount ?? 0,
      }));
    },

    async completeDeadLetter(change, { attempt }) {
      await boss.complete(deadLetterQueue, attempt, null, within(change));
    },

    supervise: () => boss.supervise(),

    async schedule(name, cron, handler) {
      await boss.createQueue(name, { retryLimit: 2, retryDelay: 60, policy: "exclusive" });
      await boss.work(name, { pollingIntervalSeconds: 30 }, handler);
      await boss.schedule(name, cron);
    },

    stop: () => boss.stop({ graceful: true, timeout: 5_000 }),
  };
}

async function declareQueues(boss: PgBoss, catalogue: Catalogue): Promise<void> {
  await boss.createQueue(deadLetterQueue, { retryLimit: 1_000, retryDelay: 5 });
  for (const phase of catalogue.phases) {
    const options = {
      retryLimit: phase.maxAttempts - 1,
      // Only lost workers come back by this: what a handler throws names its own time.
      retryDelay: 1,
      expireInSeconds: phase.expireInSeconds + expiryMarginSeconds,
      heartbeatSeconds,
      deadLetter: deadLetterQueue,
      deleteAfterSeconds: 24 * 3600,
    };
    // Creating a queue that exists changes nothing, not even options that differ.
    await boss.createQueue(phase.queue, options);
    await boss.updateQueue(phase.queue, options);
  }
}

// A queue is named <type>.<phase>.
const phaseOf = (queue: string): string => queue.slice(queue.indexOf(".") + 1);

const fence = ({ queueJobId, claim }: Attempt): JobAttempt => ({ id: queueJobId, retryCount: claim });

// pg-boss 12.38 declares its answer as an empty interface.
const answer = (response: object) => response as { affected?: number; settled?: string[] };
const landed = (response: object): boolean => answer(response).affected === 1;

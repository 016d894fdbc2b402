import { type Queue as BossQueue, PgBoss } from "pg-boss";
import type { Database } from "../../db/client.ts";
import { reasonOf } from "../../db/failures.ts";
import type { Log } from "../../log/log.ts";
import type { Catalogue } from "../job/catalogue.ts";
import { createDeadLetters, type DeadLetters, deadLetterQueue } from "./dead-letters.ts";
import { createDeliveryJobs, type DeliveryJobs, deliveryOptions, deliveryQueue } from "./delivery-jobs.ts";
import { deadAfterSeconds, expiryMarginSeconds, superviseIntervalSeconds } from "./heartbeat-limits.ts";
import { createPhaseJobs, type PhaseJobs } from "./phase-jobs.ts";
import { type QueueTables, readQueueTables } from "./queue-tables.ts";

const migrationMilliseconds = 3_600_000;
// The mirror keeps what has ended: at ten jobs a second, a day of it would be millions of rows in the queue.
const finishedKeptSeconds = 600;
const maintenanceIntervalSeconds = 120;
// pg-boss deletes what waits for longer than two weeks: a backlog, when its first worker starts.
const waitingKeptSeconds = 20 * 365 * 24 * 3600;

/** All that Galley says to pg-boss. */
export type Queue = PhaseJobs &
  DeadLetters &
  DeliveryJobs &
  QueueTables & {
    /** Looks now for attempts that expired or whose worker is dead; at most every ten seconds among all processes. */
    supervise(): Promise<void>;
    /** Runs `handler` at the times that `cron` (UTC) gives, once among all processes. The log says when it fails. */
    schedule(name: string, cron: string, handler: () => Promise<void>): Promise<void>;
    stop(): Promise<void>;
  };

/** Starts pg-boss on the database's own pool and brings one queue per phase up to date. `supervise`: also watch over expiry and schedules. */
export async function openQueue(
  database: Database,
  catalogue: Catalogue,
  log: Log,
  options: { supervise: boolean },
): Promise<Queue> {
  const { pool, db, session } = database;
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
    maintenanceIntervalSeconds,
    useListenNotify: false,
    // Galley has its own table of workers.
    registerInstance: false,
    // Its spans would be of each look at a queue, and of groups of unrelated jobs.
    openTelemetry: { enabled: false },
  });
  boss.on("error", async (error) => {
    if (Error.isError(error)) return log.error({ event: "queue_error", err: error });
    // A worker of pg-boss hands over a copy of its error, which is none itself. Of an outage the log has its own line.
    if (!(await database.outages.look())) log.error({ event: "queue_error", reason: reasonOf(error) });
  });
  boss.on("warning", ({ message }) => log.warn({ event: "queue_warning", reason: message }));
  await boss.start();
  limit = {};
  try {
    await declareQueues(boss, catalogue);
  } catch (error) {
    // Its timers would go on without it.
    await boss.stop({ graceful: false });
    throw error;
  }

  return {
    ...createPhaseJobs(boss, database, catalogue),
    ...createDeadLetters(boss),
    ...createDeliveryJobs(boss, session.queueSchema),
    ...readQueueTables(
      db,
      session.queueSchema,
      catalogue.phases.map(({ queue }) => queue),
    ),
    supervise: () => boss.supervise(),
    async schedule(name, cron, handler) {
      const options = { retryLimit: 2, retryDelay: 60, deleteAfterSeconds: finishedKeptSeconds };
      await boss.createQueue(name, { ...options, policy: "exclusive" });
      await boss.updateQueue(name, options);
      // pg-boss keeps an error to itself. The next time comes in any case.
      const run = () => handler().catch((error: unknown) => log.error({ event: `${name}_failed`, err: error }));
      await boss.work(name, { pollingIntervalSeconds: 60 }, run);
      await boss.schedule(name, cron);
    },
    stop: () => boss.stop({ graceful: true, timeout: 5_000 }),
  };
}

async function declareQueues(boss: PgBoss, catalogue: Catalogue): Promise<void> {
  const kept = { deleteAfterSeconds: finishedKeptSeconds, retentionSeconds: waitingKeptSeconds };
  const known = new Map((await boss.getQueues()).map((queue) => [queue.name, queue]));
  const declare = async (name: string, options: QueueOptions) => {
    const found = known.get(name);
    if (!found) await boss.createQueue(name, options);
    else if (!hasOptions(found, options)) await boss.updateQueue(name, options);
  };
  await declare(deadLetterQueue, { retryLimit: 1_000, retryDelay: 5, ...kept });
  await declare(deliveryQueue, { ...deliveryOptions, ...kept });
  for (const phase of catalogue.phases) {
    await declare(phase.queue, {
      retryLimit: phase.maxAttempts - 1,
      // Only a dead worker's phase comes back by this delay: an attempt that fails names its own time.
      retryDelay: 1,
      expireInSeconds: phase.expireInSeconds + expiryMarginSeconds,
      heartbeatSeconds: deadAfterSeconds,
      deadLetter: deadLetterQueue,
      ...kept,
    });
  }
}

type QueueOptions = Omit<BossQueue, "name">;

const hasOptions = (found: QueueOptions, wanted: QueueOptions): boolean =>
  Object.entries(wanted).every(([name, value]) => found[name as keyof QueueOptions] === value);

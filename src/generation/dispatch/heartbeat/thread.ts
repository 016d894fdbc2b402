import { setTimeout as delay } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { SessionPool } from "../../../db/pool.ts";
import { openLog } from "../../../log/line.ts";
import { touchEverySeconds } from "../../queue/heartbeat-limits.ts";
import { touchStatement, touchValues } from "../../queue/touch-statement.ts";
import { takeWorkerLock } from "../../queue/worker-lock.ts";
import type { FromThread, ThreadStart, ToThread } from "./messages.ts";
import { blockedAfterMilliseconds, type HeldClaim, speaksFor } from "./pulse.ts";

// The thread that beats while a handler keeps the process's event loop to itself. It imports little: each process
// pays for it.
const lookEveryMilliseconds = 250;
const registerEveryMilliseconds = 10_000;
const lockAgainMilliseconds = 200;

const { session, worker, logLevel, logFormat, ticks } = workerData as ThreadStart;
const log = openLog(logLevel, { format: logFormat });
const held = new Map<string, HeldClaim>();
const givenUp = new Set<string>();
/** What ran when the event loop stood still. Empty while it moves. */
let suspects: HeldClaim[] = [];
const statement = touchStatement(session.queueSchema);
const pool = new SessionPool(session, {
  max: 1,
  patienceSeconds: touchEverySeconds,
  connectionTimeoutMillis: touchEverySeconds * 1000,
  query_timeout: touchEverySeconds * 1000,
  idleTimeoutMillis: 0,
  keepAlive: true,
  application_name: "galley heartbeat",
});
pool.on("connect", (client) => void client.on("error", () => undefined));
pool.on("error", () => undefined);
pool.on("remove", () => void holdLock());

let lastTick = Atomics.load(ticks, 0);
let movedAt = performance.now();
let isBeating = false;
let isStopping = false;

const idOf = ({ queueJobId, claim }: { queueJobId: string; claim: number }) => `${queueJobId} ${claim}`;
const post = (message: FromThread) => parentPort?.postMessage(message);
const nameOf = ({ jobId, phase }: HeldClaim) => ({ job: jobId, phase });

/**
 * Holds the lock of the worker's id for as long as this connection lives: when the process dies, the lock is free at
 * once. Takes it again as soon as there is another connection. A transaction pooler's connections can hold none.
 */
async function holdLock(): Promise<void> {
  if (!worker || session.wrapsStatements) return post({ registered: true });
  while (!isStopping) {
    try {
      await pool.query(takeWorkerLock, [worker.id]);
      await register();
      return post({ registered: true });
    } catch {
      await delay(lockAgainMilliseconds);
    }
  }
}

async function beat(): Promise<void> {
  const now = performance.now();
  const alive = [...held.values()].filter((claim) => speaksFor(claim, now, now - movedAt));
  if (alive.length === 0 || isBeating) return;
  isBeating = true;
  try {
    const { rows } = await pool.query<{ id: string }>(statement, touchValues(alive));
    const kept = new Set(rows.map(({ id }) => id));
    const lost = alive.filter(({ queueJobId }) => !kept.has(queueJobId));
    if (lost.length > 0) post({ lost });
  } catch (error) {
    post({ failed: reasonOf(error) });
  } finally {
    isBeating = false;
  }
}

/** Sees whether the process's event loop moves, and reports for how long it did not. */
function look(): void {
  const now = performance.now();
  const tick = Atomics.load(ticks, 0);
  const silent = now - movedAt;
  if (tick !== lastTick) {
    lastTick = tick;
    movedAt = now;
    givenUp.clear();
    if (suspects.length > 0) {
      log.warn({ event: "event_loop_blocked", seconds: inSeconds(silent), attempts: suspects.map(nameOf) });
    }
    suspects = [];
    return;
  }
  if (silent >= blockedAfterMilliseconds && suspects.length === 0) suspects = [...held.values()];
  for (const [id, claim] of held) {
    if (givenUp.has(id) || speaksFor(claim, now, silent)) continue;
    givenUp.add(id);
    log.error({ event: "attempt_given_up", ...nameOf(claim), blockedSeconds: inSeconds(silent) });
  }
}

const inSeconds = (milliseconds: number) => Math.round(milliseconds / 100) / 10;

/** Says that the worker is there, for the reconciler of any process. */
async function register(): Promise<void> {
  if (!worker || isStopping) return;
  const { id, host, pid, queues } = worker;
  // After a long sleep of the machine the row may be gone.
  const statement = `insert into workers (id, host, pid, queues, holds_lock) values ($1, $2, $3, $4, $5)
    on conflict (id) do update set seen_at = now(), holds_lock = $5, gone_at = null`;
  await pool.query(statement, [id, host, pid, queues, !session.wrapsStatements]).catch((error: unknown) => {
    log.warn({ event: "worker_registry_failed", reason: reasonOf(error) });
  });
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

const timers = [
  setInterval(() => void beat(), touchEverySeconds * 1000),
  setInterval(look, lookEveryMilliseconds),
  setInterval(() => void register(), registerEveryMilliseconds),
];

void holdLock();

parentPort?.on("message", async (message: ToThread) => {
  if ("hold" in message) {
    const { hold, limitSeconds } = message;
    held.set(idOf(hold), { ...hold, until: performance.now() + limitSeconds * 1000 });
  } else if ("release" in message) {
    held.delete(idOf(message.release));
  } else {
    isStopping = true;
    for (const timer of timers) clearInterval(timer);
    // Its claims are handed back already: no other worker need look for them.
    await pool
      .query("update workers set holds_lock = false, gone_at = now() where id = $1", [worker?.id])
      .catch(() => undefined);
    await pool.end();
    parentPort?.close();
  }
});

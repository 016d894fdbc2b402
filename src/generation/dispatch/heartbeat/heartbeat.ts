import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { Worker as Thread } from "node:worker_threads";
import type { Session } from "../../../db/session.ts";
import { formatOf } from "../../../log/line.ts";
import type { Log } from "../../../log/log.ts";
import type { AttemptId } from "../../job/job.ts";
import type { ClaimedQueueJob } from "../../queue/phase-jobs.ts";
import type { Worker } from "../worker-registry.ts";
import type { FromThread, ThreadStart, ToThread } from "./messages.ts";

export type Heartbeat = {
  /** Resolves when others would see at once that this process has died, or when that takes too long to wait for. */
  begun: Promise<unknown>;
  /** Speaks for a claim from now on. `limitSeconds`: the phase's own, which ends it while the event loop is blocked. */
  hold(claimed: ClaimedQueueJob, limitSeconds: number): void;
  release(attempt: AttemptId): void;
  /** Ends the thread and its connection. */
  stop(): Promise<void>;
};

type Options = {
  session: Session;
  /** What to keep in the table of workers. Null: nothing. */
  worker: Worker | null;
  log: Log;
  /** These claims do not stand any more. */
  onLost: (attempts: AttemptId[]) => void;
  /** A beat did not reach the database. */
  onFailed: (reason: string) => void;
};

const tickEveryMilliseconds = 250;
const restartMilliseconds = 1_000;
const longestBeginningMilliseconds = 2_000;
const goodbyeMilliseconds = 500;

/**
 * Says every few seconds that this process's claims and its worker are alive, from a thread and over a connection of
 * their own: a handler that keeps the event loop to itself is not a dead worker.
 */
export function startHeartbeat({ session, worker, log, onLost, onFailed }: Options): Heartbeat {
  const ticks = new Int32Array(new SharedArrayBuffer(4));
  const held = new Map<string, ToThread>();
  const ticking = setInterval(() => Atomics.add(ticks, 0, 1), tickEveryMilliseconds);
  const registered = Promise.withResolvers<void>();
  let stopped = false;
  let restarting: NodeJS.Timeout | undefined;
  let thread = start();

  function start(): Thread {
    const workerData: ThreadStart = { session, worker, logLevel: log.level, logFormat: formatOf(log), ticks };
    const started = new Thread(new URL("./thread.ts", import.meta.url), { workerData, name: "galley heartbeat" });
    started.on("message", (message: FromThread) => {
      if ("registered" in message) registered.resolve();
      else if ("lost" in message) onLost(message.lost);
      // Under `node --watch` a thread also says what it imports.
      else if ("failed" in message) onFailed(message.failed);
    });
    started.on("error", (error) => log.error({ event: "heartbeat_thread_failed", err: error }));
    started.on("exit", () => {
      if (stopped) return;
      restarting = setTimeout(() => {
        thread = start();
      }, restartMilliseconds);
    });
    for (const message of held.values()) started.postMessage(message);
    return started;
  }

  return {
    begun: Promise.race([registered.promise, delay(longestBeginningMilliseconds, undefined, { ref: false })]),
    hold({ queue, jobId, queueJobId, claim }, limitSeconds) {
      const phase = queue.slice(queue.indexOf(".") + 1);
      const message: ToThread = { hold: { queue, phase, jobId, queueJobId, claim }, limitSeconds };
      held.set(`${queueJobId} ${claim}`, message);
      thread.postMessage(message);
    },
    release({ jobId, queueJobId, claim }) {
      held.delete(`${queueJobId} ${claim}`);
      thread.postMessage({ release: { jobId, queueJobId, claim } } satisfies ToThread);
    },
    async stop() {
      stopped = true;
      clearInterval(ticking);
      clearTimeout(restarting);
      const ended = once(thread, "exit").catch(() => undefined);
      thread.postMessage({ stop: true } satisfies ToThread);
      await Promise.race([ended, delay(goodbyeMilliseconds, undefined, { ref: false })]);
      await thread.terminate();
    },
  };
}

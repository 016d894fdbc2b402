import { transact } from "../../db/commit/transact.ts";
import { type AttemptParts, endLostAttempt, runAttempt } from "../attempt/attempt.ts";
import { failFromDeadLetter } from "../attempt/dead-letter.ts";
import type { Ending } from "../attempt/ending.ts";
import { handBack } from "../attempt/hand-back.ts";
import type { AttemptId } from "../job/store.ts";
import { deadLetterQueue } from "../queue/dead-letters.ts";
import type { ClaimedQueueJob } from "../queue/phase-jobs.ts";
import { startHeartbeat } from "./heartbeat/heartbeat.ts";
import { inOrder } from "./order.ts";
import { createSlots, isSameAttempt } from "./slots.ts";
import { createWakeups } from "./wakeups.ts";
import type { Worker } from "./worker-registry.ts";

export type DispatcherOptions = AttemptParts & {
  /** This process in the table of workers. Null: it is not there. */
  worker: Worker | null;
  /** Phases that run at once. */
  concurrency: number;
  /** How often all queues are looked at, whatever was heard. Default 2. */
  pollSeconds?: number;
};

export type Dispatcher = {
  /** Something may be due. */
  wake(): void;
  /** Stops the running attempts of these queue jobs, which are cancelled. */
  cancel(queueJobIds: string[]): void;
  /** Asks for every claim held whether it still stands, and stops the work on those that do not. */
  touch(): Promise<void>;
  /** How many attempts run now. */
  running(): number;
  /** Resolves when nothing runs and nothing is due. */
  drained(): Promise<void>;
  /** Takes nothing new, gives what runs `graceSeconds`, then hands it back without using an attempt. */
  stop(graceSeconds: number): Promise<void>;
};

// For a handler to close its calls after its signal was aborted; for the transactions that hand its job back.
const unwindMilliseconds = 2_000;

// So that other processes have a turn.
const handBackMilliseconds = 1_000;

/** Runs phases: fetches what is due, best first, whenever a slot is free. */
export function startDispatcher(options: DispatcherOptions): Dispatcher {
  const { db, queue, catalogue, log, concurrency, pollSeconds = 2 } = options;
  const slots = createSlots();
  const drained = new Set<() => void>();
  let stopping = false;
  const wakeups = createWakeups(pull, {
    pollSeconds,
    onError: (error) => log.error({ event: "dispatch_failed", err: error }),
  });
  const limits = new Map(catalogue.phases.map(({ queue: name, expireInSeconds }) => [name, expireInSeconds]));
  const heartbeat = startHeartbeat({
    session: db.$client.session,
    worker: options.worker,
    log,
    onLost: (lost) => interruptLost(lost),
    // The thread may have got no connection: then those of the pool must do.
    onFailed(reason) {
      log.warn({ event: "heartbeat_failed", reason });
      void touch();
    },
  });
  wakeups.wake();

  async function pull(): Promise<void> {
    if (slots.size() >= concurrency || slots.isReserved()) return;
    const wasQuiet = slots.size() === 0;
    const order = inOrder(await queue.due(), catalogue);
    if (wasQuiet && order.length === 0) for (const resolve of drained) resolve();
    for (const [index, { queue: name }] of order.entries()) {
      const free = concurrency - slots.size();
      if (free <= 0 || stopping || slots.isReserved()) return;
      if (name === deadLetterQueue) {
        await failDeadLetters();
        continue;
      }
      // What ranks below the next queue's best lets that one go first.
      const claims = await queue.fetch(name, free, order[index + 1]?.priority);
      // What must run alone comes last, so that it waits for the others of its batch.
      for (const claimed of claims.toSorted((a, b) => Number(a.alone) - Number(b.alone))) void run(claimed);
      if (claims.length > 0) wakeups.wake();
    }
  }

  async function run(claimed: ClaimedQueueJob): Promise<void> {
    const slot = slots.take(claimed);
    const limitSeconds = limits.get(claimed.queue) ?? 0;
    heartbeat.hold(claimed, limitSeconds);
    try {
      if (claimed.alone) {
        // At once, so that nothing more is taken.
        const reserved = slots.reserve(slot);
        const lost = await endLostAttempt(options, claimed);
        if (lost) return wakeFor(lost);
        if (!(await reserved) || stopping) return await handBackLater(claimed);
        log.info({ event: "runs_alone", job: claimed.jobId, queue: claimed.queue });
        heartbeat.hold(claimed, limitSeconds);
      }
      const ending = await runAttempt(options, claimed, { controller: slot.controller, track: slots.track });
      if (ending) wakeFor(ending);
    } catch (error) {
      // What could not be written now is found by the next claim: this one lapses.
      log.warn({ event: "attempt_lost", job: claimed.jobId, queue: claimed.queue, err: error });
    } finally {
      slots.free(slot);
      heartbeat.release(claimed);
      wakeups.wake();
    }
  }

  function wakeFor(ending: Ending): void {
    if ("at" in ending) wakeups.wakeAt(ending.at);
  }

  /** Another worker may have its process free, or this one when what has it now is done. */
  async function handBackLater(claimed: ClaimedQueueJob): Promise<void> {
    const milliseconds = stopping ? 0 : handBackMilliseconds * (1 + Math.random());
    const at = new Date(Date.now() + milliseconds);
    await handBack(options, claimed, at);
    wakeups.wakeAt(at);
  }

  async function failDeadLetters(): Promise<void> {
    const letters = await queue.fetchDeadLetters(concurrency);
    if (letters.length > 0) wakeups.wake();
    for (const letter of letters) {
      const failed = await transact(db, (transaction) => failFromDeadLetter(transaction, queue, letter));
      if (failed)
        log.info({ event: "fail", job: failed.id, type: failed.type, phase: failed.phase, code: failed.errorCode });
    }
  }

  async function touch(): Promise<void> {
    for (const [name, claims] of slots.byQueue()) {
      try {
        interruptLost(await queue.touch(name, claims));
      } catch (error) {
        log.warn({ event: "heartbeat_failed", queue: name, err: error });
      }
    }
  }

  function interruptLost(lost: AttemptId[]): void {
    slots.interrupt("lost", (claimed) => lost.some((one) => isSameAttempt(one, claimed)));
  }

  return {
    wake: wakeups.wake,
    cancel: (queueJobIds) => slots.interrupt("cancelled", ({ queueJobId }) => queueJobIds.includes(queueJobId)),
    touch,
    running: slots.size,
    drained: () => new Promise((resolve) => drained.add(resolve)),
    async stop(graceSeconds) {
      stopping = true;
      await wakeups.stop();
      await slots.emptied(graceSeconds * 1000);
      slots.interrupt("stopping", () => true);
      await slots.emptied(unwindMilliseconds);
      await slots.unwound(unwindMilliseconds);
      await heartbeat.stop();
    },
  };
}

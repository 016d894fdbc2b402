import type { Query } from "../../db/commit/statement.ts";
import { type AttemptOptions, createAttemptParts, runAttempt } from "../attempt/attempt.ts";
import { beginAttempt, endLostAttempt } from "../attempt/begin.ts";
import type { Ending, LostEnding } from "../attempt/ending/ending.ts";
import { handBack } from "../attempt/hand-back.ts";
import type { Given, RunningAttempt } from "../attempt/running-attempt.ts";
import type { AttemptId } from "../job/job.ts";
import { type JobTransaction, transactJobs } from "../job/locked-jobs.ts";
import { deadLetterQueue } from "../queue/dead-letters.ts";
import type { ClaimedQueueJob } from "../queue/phase-jobs.ts";
import { claimDue, givenBy } from "./claims.ts";
import { failDeadLetters } from "./dead-letters.ts";
import { startHeartbeat } from "./heartbeat/heartbeat.ts";
import { createOffers } from "./offers.ts";
import type { DueQueue } from "./order.ts";
import { createSlots, isSameAttempt } from "./slots.ts";
import { watchUnknownClaims } from "./unknown-claims.ts";
import { createWakeups } from "./wakeups.ts";
import type { Worker } from "./worker-registry.ts";

export type DispatcherOptions = AttemptOptions & {
  /** This process in the table of workers. Null: it is not there. */
  worker: Worker | null;
  /** Phases that run at once. */
  concurrency: number;
  /** After how long all queues are looked at, whatever was heard. Asked before each such look. Default 2. */
  pollSeconds?: () => number;
  /** How many other workers there are now. Default: none. */
  otherWorkers?: () => number;
};

export type Dispatcher = {
  /** Something may be due. */
  wake(): void;
  /** Another process says that something is due. */
  hear(): void;
  /** Something is due at that moment. */
  wakeAt(time: Date): void;
  /** So much is due in these queues. Returns what this process has no free slot for: others must hear of it. */
  offer(due: Record<string, number>): Record<string, number>;
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

const lookersAtOnce = 2;

// So that other processes have a turn.
const handBackMilliseconds = 1_000;

/** Runs phases: fetches what is due, best first, whenever a slot is free. */
export function startDispatcher(options: DispatcherOptions): Dispatcher {
  const { db, queue, catalogue, log, worker, concurrency, pollSeconds = () => 2, otherWorkers = () => 0 } = options;
  const parts = createAttemptParts(options, claimNext);
  const slots = createSlots();
  let pausedTenants: readonly string[] = [];
  const toBegin = { ...options, isPaused: (tenant: string) => pausedTenants.includes(tenant) };
  const drained = new Set<() => void>();
  let stopping = false;
  const offers = createOffers(slots, concurrency);
  const wakeups = createWakeups(pull, {
    pollSeconds,
    onError(error) {
      unknownClaims.look();
      log.error({ event: "dispatch_failed", err: error });
    },
  });
  const unknownClaims = watchUnknownClaims(options, slots.has, (claimed) => {
    void run(claimed, () => beginLate(claimed));
  });
  const limits = new Map(catalogue.phases.map(({ queue: name, expireInSeconds }) => [name, expireInSeconds]));
  const heartbeat = startHeartbeat({
    session: db.$client.session,
    worker,
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
    // What is claimed before the worker's lock is held would wait for pg-boss's heartbeat if the process died.
    await heartbeat.begun;
    offers.reset();
    if (slots.size() >= concurrency || slots.isReserved()) return;
    const wasQuiet = slots.size() === 0;
    const due = await look();
    if (wasQuiet && due.length === 0) for (const resolve of drained) resolve();
    const phases = due.filter(({ queue: name }) => name !== deadLetterQueue);
    if (phases.length < due.length && (await failDeadLetters(options, concurrency)) > 0) wakeups.wake();
    const free = concurrency - slots.size();
    if (free > 0 && phases.length > 0) await transactJobs(db, (transaction) => claim(transaction, phases, free));
  }

  async function look(within?: Query): Promise<DueQueue[]> {
    const due = await queue.due(within);
    pausedTenants = due[0]?.pausedTenants ?? [];
    return due;
  }

  /** Claims up to `free` of what is due, what goes first first. Its attempts start after the commit. */
  async function claim(
    transaction: JobTransaction,
    due: readonly DueQueue[],
    free: number,
    given?: ReadonlyMap<string, Given>,
  ): Promise<void> {
    if (stopping || slots.isReserved()) return;
    const { begun, lost, late } = await claimDue(transaction, toBegin, due, free, given);
    if (begun.length + lost.length + late.length === 0) return;
    transaction.afterCommit.push(() => {
      wakeForNext(lost);
      for (const attempt of begun) void run(attempt.claimed, async () => attempt);
      for (const claimed of late) void run(claimed, () => beginLate(claimed));
      wakeups.wake();
    });
  }

  /** Fills the slots that ended attempts leave, most often with what they have just sent. */
  async function claimNext(transaction: JobTransaction, ended: readonly Ending[]): Promise<void> {
    if (ended.length === 0 || stopping) return;
    await claim(transaction, await look(transaction.query), ended.length, givenBy(ended));
  }

  async function run(claimed: ClaimedQueueJob, begin: () => Promise<RunningAttempt | null>): Promise<void> {
    const slot = slots.take(claimed);
    const limitSeconds = limits.get(claimed.queue) ?? 0;
    heartbeat.hold(claimed, limitSeconds);
    try {
      if (claimed.alone) {
        // At once, so that nothing more is taken.
        const reserved = slots.reserve(slot);
        const lost = await endLostAttempt(db, options, claimed);
        if (lost) return wakeForNext([lost]);
        if (!(await reserved) || stopping) return await handBackLater(claimed);
        log.info({ event: "runs_alone", job: claimed.jobId, queue: claimed.queue });
        heartbeat.hold(claimed, limitSeconds);
      }
      const attempt = await begin();
      const ending = attempt && (await runAttempt(parts, attempt, slot));
      if (ending && "at" in ending && ending.at) wakeups.wakeAt(ending.at);
    } catch (error) {
      // What could not be written now is found again: by this worker, or when the claim lapses.
      unknownClaims.look();
      log.warn({ event: "attempt_lost", job: claimed.jobId, queue: claimed.queue, err: error });
    } finally {
      slots.free(slot);
      heartbeat.release(claimed);
      wakeups.wake();
    }
  }

  /** Begins an attempt outside of the transaction that claimed it. Null if there is nothing to run. */
  async function beginLate(claimed: ClaimedQueueJob): Promise<RunningAttempt | null> {
    const { begun, lost } = await beginAttempt(db, toBegin, claimed);
    wakeForNext(lost);
    return begun[0] ?? null;
  }

  function wakeForNext(lost: readonly LostEnding[]): void {
    for (const ending of lost) {
      if ("at" in ending) wakeups.wakeAt(ending.at);
    }
  }

  /** Another worker may have its process free, or this one when what has it now is done. */
  async function handBackLater(claimed: ClaimedQueueJob): Promise<void> {
    const milliseconds = stopping ? 0 : handBackMilliseconds * (1 + Math.random());
    const at = new Date(Date.now() + milliseconds);
    await handBack(options, claimed, at);
    wakeups.wakeAt(at);
  }

  async function touch(): Promise<void> {
    try {
      interruptLost(await queue.touch(slots.claims()));
    } catch (error) {
      log.warn({ event: "heartbeat_failed", err: error });
    }
  }

  function interruptLost(lost: AttemptId[]): void {
    slots.interrupt("lost", (claimed) => lost.some((one) => isSameAttempt(one, claimed)));
  }

  return {
    wake: wakeups.wake,
    // All workers hear it: some look at once, and the others for what those have no slot for.
    hear: () => wakeups.wakePerhaps(lookersAtOnce / (1 + otherWorkers())),
    wakeAt: wakeups.wakeAt,
    offer(due) {
      if (Object.keys(due).length === 0 || stopping || slots.isReserved()) return due;
      wakeups.wake();
      return offers.accept(due);
    },
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
      unknownClaims.stop();
      await heartbeat.stop();
    },
  };
}

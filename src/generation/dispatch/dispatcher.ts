import type { Db } from "../../db/client.ts";
import { transactPatiently } from "../../db/commit/patience.ts";
import { transact } from "../../db/commit/transact.ts";
import { Interruption, JobError, WaitError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import type { ModelPort } from "../../model/port.ts";
import type { PriceList } from "../../money/prices.ts";
import { bury } from "../attempt/fail-lost.ts";
import { describeFailure, nextAttemptAt } from "../attempt/failure.ts";
import { beginAttempt, runPhase } from "../attempt/run-phase.ts";
import type { Running } from "../attempt/running-attempt.ts";
import { failJob, finishPhase, putBack, retryPhase } from "../attempt/write-endings.ts";
import type { Catalogue } from "../job/catalogue.ts";
import { type Claimed, heartbeatSeconds, type Queue } from "../queue/queue.ts";
import { deadLetterQueue } from "../queue/queue-tables.ts";
import { createHeldClaims, type HeldClaim, isSameAttempt } from "./slots.ts";
import { createWakeups } from "./wakeups.ts";

export type DispatcherOptions = {
  db: Db;
  queue: Queue;
  catalogue: Catalogue;
  port: ModelPort;
  prices: PriceList;
  log: Log;
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

type Outcome = { output: unknown } | { error: unknown };

// Three chances before pg-boss takes the worker for gone.
const touchSeconds = heartbeatSeconds / 3;
// For a handler to close its calls after its signal was aborted; for the transactions that hand its job back.
const unwindMilliseconds = 2_000;

/** Runs phases: fetches what is due, best first, whenever a slot is free. */
export function startDispatcher(options: DispatcherOptions): Dispatcher {
  const { db, queue, catalogue, port, prices, log, concurrency, pollSeconds = 2 } = options;
  const held = createHeldClaims();
  let stopping = false;
  const wakeups = createWakeups(pull, {
    pollSeconds,
    onError: (error) => log.error({ event: "dispatch_failed", err: error }),
  });
  const heartbeat = setInterval(() => void touch(), touchSeconds * 1000);
  wakeups.wake();

  const drained = new Set<() => void>();

  async function pull(): Promise<void> {
    if (held.size() >= concurrency) return;
    const wasQuiet = held.size() === 0;
    const order = (await queue.due()).map((due) => ({ ...due, position: positionOf(catalogue, due.queue) }));
    order.sort((a, b) => b.priority - a.priority || b.position - a.position);
    if (wasQuiet && order.length === 0) for (const resolve of drained) resolve();
    for (const [index, { queue: name }] of order.entries()) {
      const free = concurrency - held.size();
      if (free <= 0 || stopping) return;
      if (name === deadLetterQueue) {
        await buryDeadLetters();
        continue;
      }
      // What ranks below the next queue's best lets that one go first.
      const claims = await queue.fetch(name, free, order[index + 1]?.priority);
      for (const claimed of claims) void run(claimed);
      if (claims.length > 0) wakeups.wake();
    }
  }

  async function run(claimed: Claimed): Promise<void> {
    const claim = held.add(claimed);
    try {
      const running = await beginAttempt(db, catalogue, claimed);
      if (running) {
        log.info({ event: "start", ...describe(running) });
        await settle(running, await attempt(running, claim));
      } else {
        // Nothing stands behind this claim any more. A newer one on the same queue job is left alone.
        await transactPatiently(db, (change) => queue.complete(change, claimed.queue, claimed));
      }
    } catch (error) {
      // What could not be written now is found by the next claim: this one lapses.
      log.warn({ event: "attempt_lost", job: claimed.jobId, queue: claimed.queue, err: error });
    } finally {
      held.remove(claim);
      wakeups.wake();
    }
  }

  async function attempt(running: Running, { controller }: HeldClaim): Promise<Outcome> {
    const { signal } = controller;
    const deadline = setTimeout(
      () => controller.abort(new JobError("timeout")),
      running.phase.expireInSeconds * 1000,
    );
    const aborted = Promise.withResolvers<never>();
    if (signal.aborted) aborted.reject(signal.reason);
    else signal.addEventListener("abort", () => aborted.reject(signal.reason), { once: true });
    const work = runPhase(db, { port, prices }, running, signal);
    held.track(work);
    try {
      // A handler that does not heed its signal is left behind: whatever it still writes is refused.
      return { output: await Promise.race([work, aborted.promise]) };
    } catch (error) {
      return { error: signal.aborted ? signal.reason : error };
    } finally {
      clearTimeout(deadline);
      // What the handler left running belongs to no attempt any more.
      controller.abort(new Interruption("lost"));
    }
  }

  async function settle(running: Running, outcome: Outcome): Promise<void> {
    const { row, phase } = running;
    const tell = (event: string, facts: object = {}) => {
      const milliseconds = Math.round(performance.now() - running.startedAt);
      log.info({ event, ...describe(running), milliseconds, ...facts });
    };

    if ("output" in outcome) {
      await transactPatiently(db, (change) => finishPhase(change, queue, running, outcome.output));
      return tell(phase.next ? "advance" : "complete");
    }
    const { error } = outcome;
    if (error instanceof Interruption && error.why !== "stopping") return tell("interrupted", { why: error.why });
    if (error instanceof Interruption || error instanceof WaitError) {
      const { until, why } =
        error instanceof WaitError ? error : { until: new Date(), why: "the service restarts" };
      await transactPatiently(db, (change) => putBack(change, queue, running, until, why));
      wakeups.wakeAt(until);
      return tell("wait", { until, why });
    }

    const failure = describeFailure(error, phase.name, row.attempts);
    if (failure.code === "internal") log.error({ event: "handler_threw", ...describe(running), err: error });
    if (failure.retryable && row.attempts < row.maxAttempts) {
      const retryAt = nextAttemptAt(error, row.attempts);
      await transactPatiently(db, (change) => retryPhase(change, queue, running, failure, retryAt));
      wakeups.wakeAt(retryAt);
      return tell("retry", { code: failure.code, retryAt });
    }
    await transactPatiently(db, (change) => failJob(change, queue, running, failure));
    tell("fail", { code: failure.code });
  }

  async function buryDeadLetters(): Promise<void> {
    const letters = await queue.fetchDeadLetters(concurrency);
    if (letters.length > 0) wakeups.wake();
    for (const letter of letters) {
      const failed = await transact(db, (change) => bury(change, queue, letter));
      if (failed)
        log.info({ event: "fail", job: failed.id, type: failed.type, phase: failed.phase, code: failed.errorCode });
    }
  }

  async function touch(): Promise<void> {
    for (const [name, claims] of held.byQueue()) {
      try {
        const lost = await queue.touch(name, claims);
        held.interrupt("lost", (claimed) => lost.some((one) => isSameAttempt(one, claimed)));
      } catch (error) {
        log.warn({ event: "heartbeat_failed", queue: name, err: error });
      }
    }
  }

  return {
    wake: wakeups.wake,
    cancel: (queueJobIds) => held.interrupt("cancelled", ({ queueJobId }) => queueJobIds.includes(queueJobId)),
    touch,
    running: held.size,
    drained: () => new Promise((resolve) => drained.add(resolve)),
    async stop(graceSeconds) {
      stopping = true;
      await wakeups.stop();
      await held.emptied(graceSeconds * 1000);
      held.interrupt("stopping", () => true);
      await held.emptied(unwindMilliseconds);
      await held.unwound(unwindMilliseconds);
      clearInterval(heartbeat);
    },
  };
}

const describe = ({ row, phase }: Running) => ({
  job: row.id,
  type: row.type,
  phase: phase.name,
  attempt: row.attempts,
});

// The latest phase goes first, so that what was begun is finished.
function positionOf(catalogue: Catalogue, queue: string): number {
  return catalogue.phases.find((phase) => phase.queue === queue)?.position ?? Number.POSITIVE_INFINITY;
}

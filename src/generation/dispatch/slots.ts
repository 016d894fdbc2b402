import { setTimeout as delay } from "node:timers/promises";
import { Interruption } from "../../errors.ts";
import type { AttemptId } from "../job/job.ts";
import type { ClaimedQueueJob } from "../queue/phase-jobs.ts";

/** A claim that this process holds, and the handle to stop its work: one of its slots in use. */
export type Slot = {
  claimed: ClaimedQueueJob;
  controller: AbortController;
  /** Counts a handler's run, which may last longer than its attempt: not every handler heeds its signal. */
  track(work: Promise<unknown>): void;
};

/** The claims that this process holds: one for each slot in use. */
export type Slots = {
  take(claimed: ClaimedQueueJob): Slot;
  free(slot: Slot): void;
  /** Whether this claim has a slot. */
  has(attempt: AttemptId): boolean;
  /**
   * Keeps the process for this slot until it is free. Resolves with true when nothing else runs, and with false if
   * another one has the process already, or if this one's signal is aborted first.
   */
  reserve(slot: Slot): Promise<boolean>;
  /** Nothing may be taken: one slot has the process, or waits for the others to be free. */
  isReserved(): boolean;
  size(): number;
  /** Slots whose handler runs, or has not begun: the others only wait for their ending to be written. */
  working(): number;
  claims(): ClaimedQueueJob[];
  /** Aborts the signals of the claims that `concerns` picks. */
  interrupt(why: Interruption["why"], concerns: (claimed: ClaimedQueueJob) => boolean): void;
  /** Resolves when no slot is in use, or after `milliseconds`. */
  emptied(milliseconds: number): Promise<void>;
  /** Resolves when every handler has returned, or after `milliseconds`. */
  unwound(milliseconds: number): Promise<void>;
};

// A handler that has not ended by now may never end.
const leftBehindMilliseconds = 10_000;

export function createSlots(): Slots {
  const taken = new Set<Slot>();
  const ending = new Set<Slot>();
  const handlers = new Set<Promise<unknown>>();
  let whenEmpty = Promise.withResolvers<void>();
  let reserved: { slot: Slot; alone: PromiseWithResolvers<boolean> } | null = null;

  /** Of handlers that were left behind, which may still do harm. */
  const leftBehind = () => within(leftBehindMilliseconds, Promise.all(handlers));

  return {
    take(claimed) {
      if (taken.size === 0) whenEmpty = Promise.withResolvers();
      const slot: Slot = {
        claimed,
        controller: new AbortController(),
        track(work) {
          const settled = work.then(ignore, ignore).finally(() => {
            handlers.delete(settled);
            if (taken.has(slot)) ending.add(slot);
          });
          handlers.add(settled);
        },
      };
      taken.add(slot);
      return slot;
    },
    has: (attempt) => [...taken].some(({ claimed }) => isSameAttempt(claimed, attempt)),
    free(slot) {
      taken.delete(slot);
      ending.delete(slot);
      if (taken.size === 0) whenEmpty.resolve();
      if (reserved?.slot === slot) reserved = null;
      if (taken.size === 1) reserved?.alone.resolve(true);
    },
    async reserve(slot) {
      if (reserved) return false;
      const alone = Promise.withResolvers<boolean>();
      reserved = { slot, alone };
      const { signal } = slot.controller;
      signal.addEventListener("abort", () => alone.resolve(false), { once: true });
      if (taken.size === 1) alone.resolve(true);
      const isAlone = await alone.promise;
      if (isAlone) await leftBehind();
      return isAlone && !signal.aborted;
    },
    isReserved: () => reserved !== null,
    size: () => taken.size,
    working: () => taken.size - ending.size,
    claims: () => [...taken].map(({ claimed }) => claimed),
    interrupt(why, concerns) {
      for (const { claimed, controller } of taken) {
        if (concerns(claimed)) controller.abort(new Interruption(why));
      }
    },
    async emptied(milliseconds) {
      if (taken.size > 0) await within(milliseconds, whenEmpty.promise);
    },
    async unwound(milliseconds) {
      await within(milliseconds, Promise.all(handlers));
    },
  };
}

export const isSameAttempt = (a: AttemptId, b: AttemptId): boolean =>
  a.queueJobId === b.queueJobId && a.claim === b.claim;

const ignore = () => undefined;

async function within(milliseconds: number, promise: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  await Promise.race([promise, delay(milliseconds, undefined, { signal: timer.signal }).catch(ignore)]);
  timer.abort();
}

import { setTimeout as delay } from "node:timers/promises";
import { Interruption } from "../../errors.ts";
import type { Attempt } from "../job/store.ts";
import type { Claimed } from "../queue/queue.ts";

/** A claim that this process holds, and the handle to stop its work. */
export type HeldClaim = {
  claimed: Claimed;
  controller: AbortController;
};

/** The claims that this process holds: one for each slot in use. */
export type HeldClaims = {
  add(claimed: Claimed): HeldClaim;
  remove(claim: HeldClaim): void;
  /** A handler's run, which may last longer than its attempt: not every handler heeds its signal. */
  track(work: Promise<unknown>): void;
  size(): number;
  byQueue(): Map<string, Claimed[]>;
  /** Aborts the signals of the claims that `concerns` picks. */
  interrupt(why: Interruption["why"], concerns: (claimed: Claimed) => boolean): void;
  /** Resolves when nothing is held, or after `milliseconds`. */
  emptied(milliseconds: number): Promise<void>;
  /** Resolves when every handler has returned, or after `milliseconds`. */
  unwound(milliseconds: number): Promise<void>;
};

export function createHeldClaims(): HeldClaims {
  const held = new Set<HeldClaim>();
  const working = new Set<Promise<unknown>>();
  let whenEmpty = Promise.withResolvers<void>();

  return {
    add(claimed) {
      if (held.size === 0) whenEmpty = Promise.withResolvers();
      const claim: HeldClaim = {
        claimed,
        controller: new AbortController(),
      };
      held.add(claim);
      return claim;
    },
    remove(claim) {
      held.delete(claim);
      if (held.size === 0) whenEmpty.resolve();
    },
    track(work) {
      const settled = work.then(ignore, ignore).finally(() => working.delete(settled));
      working.add(settled);
    },
    size: () => held.size,
    byQueue() {
      return Map.groupBy(
        [...held].map(({ claimed }) => claimed),
        ({ queue }) => queue,
      );
    },
    interrupt(why, concerns) {
      for (const { claimed, controller } of held) {
        if (concerns(claimed)) controller.abort(new Interruption(why));
      }
    },
    async emptied(milliseconds) {
      if (held.size > 0) await within(milliseconds, whenEmpty.promise);
    },
    async unwound(milliseconds) {
      await within(milliseconds, Promise.all(working));
    },
  };
}

export const isSameAttempt = (a: Attempt, b: Attempt): boolean =>
  a.queueJobId === b.queueJobId && a.claim === b.claim;

const ignore = () => undefined;

async function within(milliseconds: number, promise: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  await Promise.race([promise, delay(milliseconds, undefined, { signal: timer.signal }).catch(ignore)]);
  timer.abort();
}

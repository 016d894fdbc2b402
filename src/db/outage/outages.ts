import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../../log/log.ts";
import { tellsForItself } from "../../log/repeats.ts";
import { placeOf } from "../../settings/database-url.ts";
import { findOutage } from "../availability.ts";
import { type Description, describeOutage, isProof } from "./words.ts";

/** Nothing can be written. */
export type Outage = Pick<Description, "code" | "message"> & { since: Date };

export type Outages = {
  /** A connection or a statement failed with this. Most errors are no outage. */
  notice(error: unknown): void;
  /** What is in the way of writing now. Null: nothing is. */
  look(): Promise<Outage | null>;
  close(): void;
};

const lookAgainMilliseconds = 2_000;
// The server's word outweighs a probe for so long: what it refused may need more than the probe does.
const proofMilliseconds = 5_000;
const secondTryMilliseconds = 100;
const probeMilliseconds = 5_000;
const repeatMilliseconds = 60_000;

/**
 * Knows whether something can be written: by what fails anyway, and by `probe` when asked. An outage is reported
 * in the log in one line, again each minute, and in another one when it is over.
 */
export function watchOutages(probe: () => Promise<void>, address: string, log: Log): Outages {
  let outage: Outage | null = null;
  let provenAt = -Infinity;
  let reportedAt = -Infinity;
  let isClosed = false;
  let looking: Promise<void> | null = null;
  let probing: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let declared = Promise.withResolvers<void>();

  function declare({ code, reason, message, advice }: Description): void {
    if (isClosed) return;
    const now = performance.now();
    const isNews = outage?.message !== message || now - reportedAt >= repeatMilliseconds;
    outage = { code, message, since: outage?.since ?? new Date() };
    declared.resolve();
    if (isNews) {
      reportedAt = now;
      log.error({ event: "database_unavailable", database: placeOf(address), code, reason, message, advice });
    }
    timer ??= setTimeout(lookAgain, lookAgainMilliseconds).unref();
  }

  function lookAgain(): void {
    void lookNow().then(() => {
      timer = outage && !isClosed ? setTimeout(lookAgain, lookAgainMilliseconds).unref() : undefined;
    });
  }

  /** All callers that ask during a look share its answer. */
  function lookNow(): Promise<void> {
    looking ??= lookOnce().finally(() => {
      looking = null;
    });
    return looking;
  }

  async function lookOnce(): Promise<void> {
    try {
      // One that is late goes on, and is not joined by others.
      probing ??= tryTwice(probe).finally(() => {
        probing = null;
      });
      await inTime(probing);
      if (performance.now() - provenAt > proofMilliseconds) end();
    } catch (error) {
      // A probe that is only slow must not replace a reported outage, whose reason is precise.
      if (error !== late || !outage) declare(describeOutage(error));
    }
  }

  function end(): void {
    if (!outage || isClosed) return;
    const seconds = Math.round((Date.now() - outage.since.getTime()) / 1000);
    log.info({ event: "database_available", seconds });
    outage = null;
    reportedAt = -Infinity;
    declared = Promise.withResolvers();
  }

  return {
    notice(error) {
      const found = findOutage(error);
      if (!found || isClosed) return;
      tellsForItself(found);
      const description = describeOutage(error);
      if (!isProof(description)) return void lookNow();
      provenAt = performance.now();
      declare(description);
    },
    async look() {
      if (!outage) await Promise.race([lookNow(), declared.promise]);
      return outage;
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

/** A connection may break and the next one work. */
async function tryTwice(probe: () => Promise<void>): Promise<void> {
  try {
    await probe();
  } catch (error) {
    if (isProof(describeOutage(error))) throw error;
    await delay(secondTryMilliseconds);
    await probe();
  }
}

const late = new Error(`Connection terminated: no answer within ${probeMilliseconds / 1000} s`);

async function inTime(probe: Promise<void>): Promise<void> {
  const timer = Promise.withResolvers<never>();
  const timeout = setTimeout(() => timer.reject(late), probeMilliseconds);
  await Promise.race([probe, timer.promise]).finally(() => clearTimeout(timeout));
}

import { setTimeout as delay } from "node:timers/promises";
import { isDatabaseUnavailable } from "../availability.ts";
import type { Db } from "../client.ts";
import { type Transaction, transact } from "./transact.ts";

const firstDelayMilliseconds = 100;
const longestDelayMilliseconds = 2_000;
const patienceMilliseconds = 60_000;

/** A transaction of running work: begun again until the database takes it. See `patiently`. */
export async function transactPatiently<T>(db: Db, run: (transaction: Transaction) => Promise<T>): Promise<T> {
  return await patiently(() => transact(db, run));
}

/**
 * Runs `write` until the database takes it, for up to a minute: what was paid for must not be lost to a restart of
 * PostgreSQL. A commit whose answer was lost is tried again too, so `write` must bear to run twice.
 */
export async function patiently<T>(write: () => Promise<T>): Promise<T> {
  const giveUpAt = Date.now() + patienceMilliseconds;
  for (
    let milliseconds = firstDelayMilliseconds;
    ;
    milliseconds = Math.min(longestDelayMilliseconds, milliseconds * 2)
  ) {
    try {
      return await write();
    } catch (error) {
      if (!isDatabaseUnavailable(error) || Date.now() > giveUpAt) throw error;
      await delay(milliseconds);
    }
  }
}

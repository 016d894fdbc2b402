import { setTimeout as delay } from "node:timers/promises";
import { isDatabaseUnavailable } from "../availability.ts";
import type { Db } from "../client.ts";
import { type Transaction, transact } from "./transact.ts";

const firstDelayMilliseconds = 100;
const longestDelayMilliseconds = 2_000;

/** A transaction of running work: begun again until the database takes it. See `patiently`. */
export async function transactPatiently<T>(db: Db, run: (transaction: Transaction) => Promise<T>): Promise<T> {
  return await patiently(db, () => transact(db, run));
}

/**
 * Runs `write` until the database takes it, however long that is: what was paid for must not be lost to an outage, and
 * an outage is no failure of the work. Only a pool that was closed ends it. A commit whose answer was lost is tried again
 * too, so `write` must bear to run twice.
 */
export async function patiently<T>({ $client: { standstill } }: Db, write: () => Promise<T>): Promise<T> {
  for (
    let milliseconds = firstDelayMilliseconds;
    ;
    milliseconds = Math.min(longestDelayMilliseconds, milliseconds * 2)
  ) {
    try {
      const result = await write();
      standstill.answered();
      return result;
    } catch (error) {
      if (!isDatabaseUnavailable(error)) {
        standstill.answered();
        throw error;
      }
      standstill.failed();
      await delay(milliseconds);
    }
  }
}

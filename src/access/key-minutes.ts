import type { Db } from "../db/client.ts";
import { queryWith, statement } from "../db/commit/statement.ts";

/** The number of a request within its key's minute, and when that minute ends, in milliseconds of this process's clock. */
export type CountedRequest = { number: number; endsAt: number };

type Lease = { next: number; last: number; endsAt: number };

/**
 * Counts the requests of each key, minute by minute of the database's clock, over all processes. A process takes numbers
 * in blocks of a hundredth of the limit, so that few requests wait for a statement; what it has not used when the minute
 * ends is lost. Beyond the limit it takes no more. Rejects while the database cannot be asked.
 */
export function countRequests(db: Db, limit: number): (keyId: string) => Promise<CountedRequest> {
  const query = queryWith(db.$client, db.$client.session);
  const block = Math.min(100, Math.max(1, Math.floor(limit / 100)));
  // One for each key that has been used here: strangers add none.
  const leases = new Map<string, Promise<Lease>>();

  async function take(keyId: string): Promise<Lease> {
    const [taken] = await query<{ last: number; milliseconds: number }>(takeBlock, [keyId, block]);
    const { last = 0, milliseconds = 0 } = taken ?? {};
    return { next: last - block + 1, last, endsAt: Date.now() + milliseconds };
  }

  function leaseOf(keyId: string): Promise<Lease> {
    const lease = leases.get(keyId) ?? take(keyId);
    leases.set(keyId, lease);
    return lease;
  }

  function forget(keyId: string, lease: Promise<Lease>): void {
    if (leases.get(keyId) === lease) leases.delete(keyId);
  }

  return async (keyId) => {
    for (;;) {
      const pending = leaseOf(keyId);
      const lease = await pending.catch((error: unknown) => {
        forget(keyId, pending);
        throw error;
      });
      const isUsedUp = lease.next > lease.last && lease.last < limit;
      if (Date.now() < lease.endsAt && !isUsedUp) return { number: lease.next++, endsAt: lease.endsAt };
      forget(keyId, pending);
    }
  };
}

// A statement that waited for another one's commit may have begun in the minute before.
const takeBlock = statement(`
  insert into api_key_minutes as held (key_id, minute, taken) values ($1, date_trunc('minute', now()), $2)
  on conflict (key_id) do update set
    minute = greatest(held.minute, excluded.minute),
    taken = case when held.minute >= excluded.minute then held.taken else 0 end + excluded.taken
  returning taken as last,
    (extract(epoch from minute + interval '1 minute' - clock_timestamp()) * 1000)::float8 as milliseconds`);

import type { Db } from "../../db/client.ts";
import type { Notice } from "../../db/commit/notice.ts";
import { queryWith, statement } from "../../db/commit/statement.ts";

/** Lets the requests of this process wait for what happens to jobs. */
export type Subscriptions = {
  /** Passes on what the listener heard; null when some notices may have been missed. */
  publish(notice: Notice | null): void;
  /** Resolves when the job has more than `seen` events, is gone, or `until` is aborted. Rejects if none can be read. */
  nextEvent(jobId: string, seen: number, until: AbortSignal): Promise<void>;
};

type Waiter = { seen: number; resolve: () => void; reject: (error: unknown) => void };

// Notices are hints. While none can be heard, every event is seen this late.
const pollMilliseconds = 2_000;
// A process that dies between its commit and its hint is heard by no other one.
const lostHintMilliseconds = 10_000;

/** All requests of this process that wait share each look at the database, however many they are. */
export function createSubscriptions(db: Db, isListening: () => boolean): Subscriptions {
  const waiters = new Map<string, Set<Waiter>>();
  const unseen = new Set<string>();
  const query = queryWith(db.$client, db.$client.session);
  let isLooking = false;
  let lookedAt = performance.now();
  let polling: NodeJS.Timeout | undefined;

  /** Reads how many events these jobs have. A notice of the same needs no look: it comes after its commit. */
  function look(jobIds: Iterable<string>): void {
    for (const jobId of jobIds) if (waiters.has(jobId)) unseen.add(jobId);
    if (isLooking || unseen.size === 0) return;
    isLooking = true;
    // What is asked for in the same turn shares the look.
    setImmediate(lookUntilSeen);
  }

  async function lookUntilSeen(): Promise<void> {
    while (unseen.size > 0) {
      const jobIds = [...unseen];
      unseen.clear();
      try {
        const rows = await query<{ id: string; eventCount: number }>(eventCounts, [jobIds]);
        const counts = new Map(rows.map(({ id, eventCount }) => [id, eventCount]));
        for (const jobId of jobIds) answer(jobId, counts.get(jobId) ?? Number.POSITIVE_INFINITY);
      } catch (error) {
        for (const jobId of jobIds) for (const { reject } of waiters.get(jobId) ?? []) reject(error);
      }
    }
    isLooking = false;
  }

  function answer(jobId: string, eventCount: number): void {
    for (const { seen, resolve } of waiters.get(jobId) ?? []) if (eventCount > seen) resolve();
  }

  function poll(): void {
    const silence = performance.now() - lookedAt;
    if (silence < (isListening() ? lostHintMilliseconds : pollMilliseconds)) return;
    lookedAt = performance.now();
    look(waiters.keys());
  }

  function add(jobId: string, waiter: Waiter): void {
    const others = waiters.get(jobId);
    if (others) others.add(waiter);
    else waiters.set(jobId, new Set([waiter]));
    polling ??= setInterval(poll, pollMilliseconds / 2);
    look([jobId]);
  }

  function remove(jobId: string, waiter: Waiter): void {
    const others = waiters.get(jobId);
    others?.delete(waiter);
    if (others?.size === 0) waiters.delete(jobId);
    if (waiters.size > 0) return;
    clearInterval(polling);
    polling = undefined;
  }

  return {
    publish(notice) {
      if (notice === null) return look(waiters.keys());
      for (const [jobId, eventCount] of Object.entries(notice.events)) answer(jobId, eventCount);
    },
    async nextEvent(jobId, seen, until) {
      if (until.aborted) return;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const stop = () => resolve();
      const waiter = { seen, resolve, reject };
      until.addEventListener("abort", stop);
      add(jobId, waiter);
      await promise.finally(() => {
        until.removeEventListener("abort", stop);
        remove(jobId, waiter);
      });
    },
  };
}

const eventCounts = statement(`
  select id, event_count as "eventCount" from generation_jobs where id = any($1)`);

import { setTimeout as delay } from "node:timers/promises";
import type { Db } from "../../../db/client.ts";
import { transact } from "../../../db/commit/transact.ts";
import { reasonOf } from "../../../db/failures.ts";
import type { Removed, Retention } from "../../../db/schema/upkeep/cleanup.ts";
import type { Log } from "../../../log/log.ts";
import { removalsOf } from "./batches.ts";
import { beginRun, endRun, handOnRun, nothingRemoved, type Progress, recordBatch, takeDueRun } from "./runs.ts";

const longestRestMilliseconds = 1_000;

/**
 * Removes what `retention` no longer keeps, in short transactions, each with its count in the run's record
 * (`cleanup_runs`): what a crash cuts off is neither lost nor counted twice. Any number of runs may go on at once.
 * Articles and topics stay. `until`: ends it after the batch that is under way, with its reason.
 */
export async function cleanUp(
  db: Db,
  { retention, cause, until }: { retention: Retention; cause: "schedule" | "hand"; until?: AbortSignal },
): Promise<Progress> {
  const id = await beginRun(db, cause, retention);
  let progress = nothingRemoved;
  try {
    for (const removal of removalsOf(retention)) {
      if (!removal) continue;
      const { from, remove } = removal;
      for (let cursor = from; cursor !== null; ) {
        until?.throwIfAborted();
        const began = performance.now();
        const batch = await transact(db, async ({ query }) => {
          const { removed, bytes, next } = await remove(query, cursor);
          const after = { removed: add(progress.removed, removed), bytes: progress.bytes + bytes };
          await recordBatch(query, id, after);
          return { after, next };
        });
        progress = batch.after;
        cursor = batch.next;
        // As long as the batch took, so that requests have half of the database at least.
        const rest = Math.min(longestRestMilliseconds, performance.now() - began);
        if (cursor !== null) await delay(rest, undefined, until ? { signal: until } : {});
      }
    }
  } catch (error) {
    const failure = until?.aborted ? "The process stopped." : reasonOf(error);
    // A database that is away does not take that either: `seen_at` says how far it came.
    await endRun(db, id, failure).catch(() => undefined);
    throw error;
  }
  await endRun(db, id, null);
  return progress;
}

/**
 * Runs the schedule's cleanup if it is due, in one process among all: every night, and as soon as one is up again if none
 * was. A process that stops hands it on at once, one that dies after five minutes.
 */
export async function cleanUpIfDue(
  db: Db,
  { retention, log, until }: { retention: Retention; log: Log; until: AbortSignal },
): Promise<void> {
  if (until.aborted || !(await takeDueRun(db, retention))) return;
  const began = performance.now();
  try {
    const { removed, bytes } = await cleanUp(db, { retention, cause: "schedule", until });
    log.info({ event: "cleanup", ...removed, bytes, milliseconds: Math.round(performance.now() - began) });
  } catch (error) {
    if (!until.aborted) throw error;
    await handOnRun(db);
    log.info({ event: "cleanup_handed_on" });
  }
}

function add(total: Removed, removed: Partial<Removed>): Removed {
  const sum = { ...total };
  for (const [name, count] of Object.entries(removed)) sum[name as keyof Removed] += count;
  return sum;
}

import { type Query, statement } from "../../../db/commit/statement.ts";
import type { Removed, Retention } from "../../../db/schema/upkeep/cleanup.ts";

/** Where the next batch goes on. Null: there is none. */
export type Cursor = readonly (string | number)[] | null;

export type Batch = { removed: Partial<Removed>; bytes: number; next: Cursor };

/** Removes the next batch of one class. Null: nothing of it is removed before its job is. */
export type Removal = { from: Cursor; remove: (query: Query, cursor: Cursor) => Promise<Batch> } | null;

const jobsAtOnce = 500;
const rowsAtOnce = 5_000;

/**
 * What a run removes, class by class, by the functions in `drizzle/`. Jobs come first, so that nothing is pruned that goes
 * with its job a moment later.
 */
export function removalsOf(retention: Retention): Removal[] {
  return [
    removalOfJobs(retention.jobs),
    pruning("text", retention.text),
    pruning("events", retention.events),
    pruning("steps", retention.steps),
    removalOfCalls(retention.calls),
    removalOfIds(retention.removedIds),
    removalOfWorkers(retention.jobs),
  ];
}

function removalOfJobs(days: number): Removal {
  type Row = Pick<Removed, "jobs" | "events" | "text" | "steps"> & Bytes & { lastTime: string; lastId: string };
  return {
    // A removed row stays in the index as long as any transaction may still see it, so each batch begins behind the last.
    from: ["-infinity", ""],
    async remove(query, cursor) {
      const { bytes, lastTime, lastId, ...removed } = await one<Row>(query, jobs, [
        days,
        jobsAtOnce,
        ...(cursor ?? []),
      ]);
      return { removed, bytes: Number(bytes), next: removed.jobs > 0 ? [lastTime, lastId] : null };
    },
  };
}

function pruning(pruned: "text" | "events" | "steps", days: number | null): Removal {
  if (days === null) return null;
  return {
    // The database remembers how far it came.
    from: [],
    async remove(query, cursor) {
      type Row = { jobs: number; removed: number } & Bytes;
      const batch = await one<Row>(query, prune, [pruned, days, jobsAtOnce]);
      const next = batch.jobs > 0 ? cursor : null;
      return { removed: { [pruned]: batch.removed }, bytes: Number(batch.bytes), next };
    },
  };
}

function removalOfCalls(days: number): Removal {
  return {
    from: ["00000000-0000-0000-0000-000000000000"],
    async remove(query, cursor) {
      type Row = Pick<Removed, "calls"> & Bytes & { lastId: string };
      const { bytes, lastId, ...removed } = await one<Row>(query, calls, [days, rowsAtOnce, ...(cursor ?? [])]);
      return { removed, bytes: Number(bytes), next: removed.calls > 0 ? [lastId] : null };
    },
  };
}

function removalOfIds(days: number): Removal {
  return {
    from: [],
    async remove(query, cursor) {
      type Row = Pick<Removed, "removedIds"> & Bytes;
      const { bytes, ...removed } = await one<Row>(query, ids, [days, rowsAtOnce]);
      return { removed, bytes: Number(bytes), next: removed.removedIds > 0 ? cursor : null };
    },
  };
}

function removalOfWorkers(days: number): Removal {
  return {
    from: [],
    async remove(query, cursor) {
      type Row = Pick<Removed, "workers"> & Bytes;
      const { bytes, ...removed } = await one<Row>(query, workers, [days, rowsAtOnce]);
      return { removed, bytes: Number(bytes), next: removed.workers > 0 ? cursor : null };
    },
  };
}

// bigint comes as text.
type Bytes = { bytes: string };

async function one<Row extends object>(
  query: Query,
  ...[batch, values]: [Parameters<Query>[0], unknown[]]
): Promise<Row> {
  const [row] = await query<Row>(batch, values);
  if (!row) throw new Error("The function gave no row.");
  return row;
}

const jobs = statement(`
  select jobs, events, text_events as text, steps, bytes, last_time::text as "lastTime", last_id as "lastId"
  from remove_finished_generation_jobs(make_interval(days => $1), $2, $3, $4)`);
const prune = statement(`
  select jobs, removed, bytes from prune_finished_generation_jobs($1, make_interval(days => $2), $3)`);
const calls = statement(`
  select calls, bytes, last_id as "lastId" from remove_old_provider_calls(make_interval(days => $1), $2, $3)`);
const ids = statement(`
  select ids as "removedIds", bytes from forget_removed_generation_jobs(make_interval(days => $1), $2)`);
const workers = statement(`
  select workers, bytes from forget_old_workers(make_interval(days => $1), $2)`);

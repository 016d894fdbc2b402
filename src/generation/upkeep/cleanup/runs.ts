import type { Db } from "../../../db/client.ts";
import { type Query, queryWith, statement } from "../../../db/commit/statement.ts";
import type { cleanupRuns, Removed, Retention } from "../../../db/schema/upkeep/cleanup.ts";

type Cause = typeof cleanupRuns.$inferSelect.cause;

/** What a run has removed so far. */
export type Progress = { removed: Removed; bytes: number };

export const nothingRemoved: Progress = {
  removed: { jobs: 0, events: 0, text: 0, steps: 0, calls: 0, removedIds: 0, workers: 0 },
  bytes: 0,
};

// More than a batch can take. A process that dies between two of them is replaced by then.
const takenForSeconds = 300;

/** Takes the run of the schedule if it is due, for this process alone. Whether it is. */
export async function takeDueRun(db: Db, retention: Retention): Promise<boolean> {
  const taken = await queryWith(db.$client, db.$client.session)(take, [takenForSeconds, JSON.stringify(retention)]);
  return taken.length > 0;
}

/** Begins a run's record. Returns its id. */
export async function beginRun(db: Db, cause: Cause, retention: Retention): Promise<string> {
  const values = [cause, JSON.stringify(retention), JSON.stringify(nothingRemoved.removed)];
  const [run] = await queryWith(db.$client, db.$client.session)<{ id: string }>(begin, values);
  if (!run) throw new Error("The record of the run was not written.");
  return run.id;
}

/** Writes what the run has removed so far, in the transaction of its last batch, and keeps the schedule's run taken. */
export async function recordBatch(query: Query, id: string, { removed, bytes }: Progress): Promise<void> {
  await query(record, [id, JSON.stringify(removed), bytes, takenForSeconds]);
}

/** Ends a run's record. `failure`: why, if that is not its end; another process goes on in a few minutes. */
export async function endRun(db: Db, id: string, failure: string | null): Promise<void> {
  await queryWith(db.$client, db.$client.session)(end, [id, failure]);
}

/** Hands the schedule's run to another process, at once. */
export async function handOnRun(db: Db): Promise<void> {
  await queryWith(db.$client, db.$client.session)(handOn, []);
}

/** When the schedule runs next. `isOverdue`: for an hour no worker took it, or each that did has failed. */
export type NextCleanup = { nextDueAt: Date; isOverdue: boolean };

export async function readNextCleanup(db: Db): Promise<NextCleanup> {
  const [schedule] = await queryWith(db.$client, db.$client.session)<NextCleanup>(next, [takenForSeconds]);
  if (!schedule) throw new Error("The row of cleanup_schedule is missing.");
  return schedule;
}

/** When the schedule runs next, and the latest ten runs, also those of a hand, the newest first. */
export async function readCleanup(db: Db): Promise<NextCleanup & { runs: CleanupRun[] }> {
  const runs = await queryWith(db.$client, db.$client.session)<CleanupRun>(latest, []);
  return { ...(await readNextCleanup(db)), runs };
}

/** `finishedAt` null: it runs, or was cut off after `seenAt`. */
export type CleanupRun = Pick<
  typeof cleanupRuns.$inferSelect,
  "cause" | "startedAt" | "seenAt" | "finishedAt" | "failure" | "removed" | "bytes"
>;

const take = statement(`
  update cleanup_schedule set next_due_at = now() + make_interval(secs => $1), retention = $2
  where next_due_at <= now() returning true as taken`);
const begin = statement(`
  insert into cleanup_runs (cause, retention, removed) values ($1, $2, $3) returning id`);
const record = statement(`
  with run as (
    update cleanup_runs set removed = $2, bytes = $3, seen_at = now() where id = $1 returning cause
  )
  update cleanup_schedule set next_due_at = now() + make_interval(secs => $4)
  where exists (select from run where cause = 'schedule')`);
// Once a day, at 3:17 UTC: night in Europe and America.
const end = statement(`
  with run as (
    update cleanup_runs set finished_at = now(), seen_at = now(), failure = $2 where id = $1 returning cause
  )
  update cleanup_schedule
  set next_due_at = date_trunc('day', now() - interval '3 hours 17 minutes', 'UTC') + interval '1 day 3 hours 17 minutes'
  where $2::text is null and exists (select from run where cause = 'schedule')`);
const handOn = statement(`update cleanup_schedule set next_due_at = now()`);
// A run that failed is due again in a few minutes. One that goes on with what is left is late, and in no need of help.
const next = statement(`
  with run as (
    select started_at, finished_at is null and seen_at > now() - make_interval(secs => $1) as is_under_way
    from cleanup_runs
    where cause = 'schedule' and started_at > coalesce((
      select max(started_at) from cleanup_runs where cause = 'schedule' and finished_at is not null and failure is null
    ), '-infinity')
  )
  select next_due_at as "nextDueAt", least(next_due_at, (
    select min(started_at) from run having not bool_or(is_under_way)
  )) < now() - interval '1 hour' as "isOverdue" from cleanup_schedule`);
const latest = statement(`
  select cause, started_at as "startedAt", seen_at as "seenAt", finished_at as "finishedAt", failure, removed,
    bytes::float8 as bytes
  from cleanup_runs order by started_at desc limit 10`);

import { type Query, statement } from "../db/commit/statement.ts";
import type { ScheduleError } from "../db/schema/generation/schedules.ts";
import { storableJson } from "../storable.ts";
import type { Decision } from "./due.ts";
import type { ScheduleRow } from "./schedules.ts";

/** A schedule whose row this transaction has locked. `dueAt`: its occurrence that has come; `now`: the database's time. */
export type Due = Pick<
  ScheduleRow,
  "id" | "tenant" | "type" | "input" | "cron" | "timeZone" | "missed" | "priority" | "maxCostUsd" | "tags"
> & { dueAt: Date; now: Date };

/** What was decided on a schedule, and what came of it: a job, a refusal, or neither. */
export type Fired = { due: Due; decision: Decision; jobId: string | null; error: ScheduleError | null };

const mostAtOnce = 50;
// While a deploy goes on, a process that knows the type may be starting.
const typeUnknownAfterSeconds = 600;

/** Locks schedules that are due, those of these types, and others that are long overdue; leaves out what another process has locked. */
export const claimDue = (query: Query, types: readonly string[]): Promise<Due[]> =>
  query<Due>(claim, [types, typeUnknownAfterSeconds, mostAtOnce]);

/** Locks one of them once more. Undefined if another process has decided on it meanwhile. */
export async function claimAgain(query: Query, { id, dueAt }: Due): Promise<Due | undefined> {
  const [due] = await query<Due>(claimOne, [id, dueAt]);
  return due;
}

/** Writes what came of claimed schedules, and when they are due next. */
export async function moveOn(query: Query, fired: readonly Fired[]): Promise<void> {
  const rows = fired.map(({ due: { id }, decision: { run, ...rest }, jobId, error }) => ({
    id,
    ...rest,
    run: jobId === null ? null : run,
    jobId,
    error,
  }));
  await query(update, [storableJson(rows)]);
}

/** Seconds until a schedule is due, of these types or of any, by the database's clock. Null if none ever is. */
export async function secondsUntilDue(query: Query, types?: readonly string[]): Promise<number | null> {
  const [next] = await query<{ seconds: number | null }>(untilDue, [types ?? null]);
  return next?.seconds ?? null;
}

const columns = `
  id, tenant, type, input, cron, time_zone as "timeZone", missed, priority, max_cost_usd as "maxCostUsd", tags,
  next_run_at as "dueAt", date_trunc('milliseconds', now()) as now`;

const claim = statement(`
  select ${columns} from schedules
  where next_run_at <= now() and (type = any($1::text[]) or next_run_at < now() - make_interval(secs => $2))
  order by next_run_at limit $3 for no key update skip locked`);

const claimOne = statement(`
  select ${columns} from schedules
  where id = $1 and date_trunc('milliseconds', next_run_at) = $2 for no key update`);

// What was skipped was neither accepted nor refused.
const update = statement(`
  update schedules set next_run_at = fired.next,
    last_run_at = coalesce(fired.run, last_run_at), last_job_id = coalesce(fired."jobId", last_job_id),
    missed_count = missed_count + fired.missed, last_missed_at = coalesce(fired."lastMissed", last_missed_at),
    last_error = case when fired."jobId" is not null then null else coalesce(fired.error, last_error) end
  from json_to_recordset($1::json) as fired (id uuid, next timestamptz, run timestamptz, "jobId" text, missed integer,
    "lastMissed" timestamptz, error jsonb)
  where schedules.id = fired.id`);

const untilDue = statement(`
  select extract(epoch from min(next_run_at) - now())::float8 as seconds from schedules
  where $1::text[] is null or type = any($1)`);

import type { Db } from "../../db/client.ts";
import { queryWith, statement } from "../../db/commit/statement.ts";

/** Records once a day (UTC) how large each table is. Forgets what the records of 400 days ago say, those of cleanups too. */
export async function recordDay({ $client }: Db): Promise<void> {
  const { schema, queueSchema } = $client.session;
  await queryWith($client, $client.session)(record, [[schema, queueSchema]]);
}

const record = statement(`
  with today as (
    select (now() at time zone 'UTC')::date as day
    where not exists (select from database_sizes where day = (now() at time zone 'UTC')::date)
  ), old_sizes as (
    delete from database_sizes using today where database_sizes.day < today.day - 400
  ), old_repairs as (
    delete from drift_repairs using today where drift_repairs.day < today.day - 400
  ), old_runs as (
    delete from cleanup_runs using today where started_at < now() - interval '400 days'
  )
  insert into database_sizes (day, name, bytes)
  select day, schemaname || '.' || relname, pg_total_relation_size(relid)
  from today, pg_stat_user_tables where schemaname = any($1::text[])
  on conflict do nothing`);

/** Adds to what was repaired today, by kind. */
export async function recordRepairs({ $client }: Db, repairs: Readonly<Record<string, number>>): Promise<void> {
  const done = Object.entries(repairs).filter(([, count]) => count > 0);
  if (done.length === 0) return;
  const values = [done.map(([repair]) => repair), done.map(([, count]) => count)];
  await queryWith($client, $client.session)(add, values);
}

const add = statement(`
  insert into drift_repairs as known (day, repair, count)
  select (now() at time zone 'UTC')::date, repair, count from unnest($1::text[], $2::integer[]) as done (repair, count)
  on conflict (day, repair) do update set count = known.count + excluded.count, latest_at = now()`);

/** How many of each kind were repaired in the last 30 days, and when the latest. */
export async function readRepairs({ $client }: Db): Promise<{ repair: string; count: number; latestAt: Date }[]> {
  return await queryWith($client, $client.session)(repaired, []);
}

const repaired = statement(`
  select repair, sum(count)::integer as count, max(latest_at) as "latestAt" from drift_repairs
  where day > (now() at time zone 'UTC')::date - 30 group by repair order by repair`);

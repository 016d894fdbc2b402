import { sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { asTenant } from "../db/rights/tenant-role.ts";

/** A tenant's jobs, counted as the view `generation_job_stats` counts those of all, under the names of its columns. */
export async function readJobStats(db: Db, tenant: string): Promise<Record<string, number | null>> {
  const { rows } = await asTenant(db, tenant, ({ tx }) =>
    tx.execute<Record<string, number | null>>(sql`
    with jobs as not materialized (select * from generation_jobs where tenant = ${tenant}),
    rolled as (
      select coalesce(sum(completed), 0) as completed, coalesce(sum(failed), 0) as failed,
        coalesce(sum(cancelled), 0) as cancelled, coalesce(sum(processing_seconds), 0) as seconds
      from generation_job_hours where tenant = ${tenant}
    ), recent as (
      select count(*) filter (where status = 'completed') as completed, count(*) filter (where status = 'failed') as failed,
        count(*) filter (where status = 'cancelled') as cancelled,
        coalesce(sum(extract(epoch from completed_at - started_at)) filter (where status = 'completed'), 0) as seconds
      from jobs where completed_at >= (select until from generation_job_roll_up)
    ), ended as (
      select rolled.completed + recent.completed as completed, rolled.failed + recent.failed as failed,
        rolled.cancelled + recent.cancelled as cancelled, rolled.seconds + recent.seconds as seconds
      from rolled, recent
    ), live as (
      select count(*) filter (where status = 'pending') as pending,
        count(*) filter (where status = 'processing') as processing
      from jobs where status in ('pending', 'processing')
    ), created as (
      select count(*) filter (where created_at > now() - interval '1 hour') as last_hour, count(*) as last_day
      from jobs where created_at > now() - interval '1 day'
    )
    select (pending + processing + completed + failed + cancelled)::integer as total_jobs,
      pending::integer as pending_jobs, processing::integer as processing_jobs,
      completed::integer as completed_jobs, failed::integer as failed_jobs, cancelled::integer as cancelled_jobs,
      (seconds / nullif(completed, 0))::double precision as avg_processing_seconds,
      last_hour::integer as jobs_last_hour, last_day::integer as jobs_last_day
    from ended, live, created`),
  );
  return rows[0] ?? {};
}

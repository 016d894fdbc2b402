import { type SQL, sql } from "drizzle-orm";
import type { Db } from "../../../db/client.ts";
import type { Removed, Retention } from "../../../db/schema/upkeep/cleanup.ts";

/** Counts what a run would remove now. Looks through all that it would remove, and changes nothing. */
export async function countRemovable(db: Db, retention: Retention): Promise<Removed> {
  const { rows } = await db.execute<Removed>(sql`
    with job as materialized (
      select id, status, event_count,
        ${isPast(retention.jobs)} and (idempotency_key is null or created_at < now() - interval '1 day')
          and (parent_id is null
            or not generation_job_ancestor_stays(parent_id, make_interval(days => ${retention.jobs}))) as goes,
        ${isPast(retention.text)} and ${isUnpruned("text")} as loses_text,
        ${isPast(retention.events)} and ${isUnpruned("events")} as loses_events,
        ${isPast(retention.steps)} and ${isUnpruned("steps")} as loses_steps
      from generation_jobs where completed_at is not null
    ), event as (
      select case
        when type = 'text' and (goes or loses_text) then 'text'
        when goes or loses_events and event.id < event_count then 'events' end as class
      from generation_job_events event join job on job.id = event.job_id
      where goes or loses_text or loses_events
    )
    select
      (select count(*) from job where goes)::integer as jobs,
      (select count(*) from event where class = 'events')::integer as events,
      (select count(*) from event where class = 'text')::integer as text,
      (select count(*) from generation_steps step join job on job.id = step.job_id
        where goes or loses_steps and status = 'completed')::integer as steps,
      (select count(*) from provider_calls call
        where started_at < ${ago(retention.calls)} and state <> 'started'
          and not exists (select from generation_jobs kept where kept.id = call.job_id
            and kept.id not in (select id from job where goes)))::integer as calls,
      (select count(*) from generation_job_tombstones
        where removed_at < ${ago(retention.removedIds)})::integer as "removedIds",
      (select count(*) from workers where seen_at < ${ago(retention.jobs)})::integer as workers`);
  const [removable] = rows;
  if (!removable) throw new Error("Nothing was counted.");
  return removable;
}

const ago = (days: number): SQL => sql`now() - make_interval(days => ${days})`;
const isPast = (days: number | null): SQL => (days === null ? sql`false` : sql`completed_at < ${ago(days)}`);
const isUnpruned = (pruned: string): SQL => sql`
  (completed_at, id) > (
    coalesce((select completed_at from cleanup_marks where class = ${pruned}), '-infinity'),
    coalesce((select job_id from cleanup_marks where class = ${pruned}), ''))`;

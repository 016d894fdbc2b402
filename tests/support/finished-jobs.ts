import type { Retention } from "../../src/db/schema/upkeep/cleanup.ts";
import type { TestDatabase } from "./database.ts";

/** What the settings keep unless they say something else. */
export const thirtyDays: Retention = {
  jobs: 30,
  text: 1,
  events: null,
  steps: null,
  calls: 400,
  removedIds: 365,
};

/**
 * Jobs of the type `relay`, made up, that finished so many days ago: each with two events, a piece of text between them
 * and a step. Every third one failed. Returns their ids.
 */
export async function insertFinishedJobs(
  { query }: Pick<TestDatabase, "query">,
  count: number,
  daysAgo: number,
): Promise<string[]> {
  const { rows } = await query<{ id: string }>(
    `with made as (
      insert into generation_jobs (id, type, request_data, status, phase, percentage, current_step, created_at,
        started_at, completed_at, event_count, error_code)
      select 'job_' || replace(gen_random_uuid()::text, '-', ''), 'relay', '{}', status,
        case status when 'failed' then 'first' else 'completed' end, case status when 'failed' then 0 else 100 end, '',
        at, at, at, 3, case status when 'failed' then 'internal' end
      from generate_series(1, $1::integer) as n,
        lateral (select case when n % 3 = 0 then 'failed' else 'completed' end as status,
          now() - make_interval(days => $2, secs => n) as at) as drawn
      returning id
    ), events as (
      insert into generation_job_events (job_id, id, type)
      select made.id, event.id, event.type
      from made, (values (1, 'submitted'), (2, 'text'), (3, 'completed')) as event (id, type)
    ), steps as (
      insert into generation_steps (job_id, phase, key, input_hash, output, attempt) select id, 'first', 'once', '', '{}', 1 from made
    )
    select id from made`,
    [count, daysAgo],
  );
  return rows.map(({ id }) => id);
}

import pg from "pg";
import { type Query, statement } from "../../../db/commit/statement.ts";
import { storableJson } from "../../../storable.ts";

/*
 * Whose turn it is, in the queue of a first phase, is decided when a job is sent there: its place is its tenant's next
 * turn. A tenant with a thousand jobs waiting has a thousand turns before it; one that comes with a single job begins at
 * the turn that the queue has reached, and so is next. Turns move on as jobs are served, and a priority is worth so many
 * of them: whatever waits is reached in the end.
 */

/** What a job of a tenant with the weight 1 takes; one with the weight 2 has two jobs in it. */
const turn = 100;
/** A job goes before all that wait at one priority less for fewer than a thousand turns. */
export const level = 1_000 * turn;
const lastTurn = 2_000_000_000;

/** A job's place in its queue, as pg-boss's priority: the highest is next. */
export const rankOf = (priority: number, place = 0): number => priority * level - Math.min(place, lastTurn);

export type TurnTaker = { queue: string; tenant: string; priority: number };

/** What a job is sent with, and whether its tenant is paused or has a limit (`--max-running`). */
export type Turn = { rank: number; hasLimit: boolean };

/** Takes the next turns of their tenants for jobs, in their order. */
export async function takeTurns(query: Query, queueSchema: string, jobs: readonly TurnTaker[]): Promise<Turn[]> {
  const groups = [...Map.groupBy(jobs, laneOf)];
  const wanted = groups.map(([, [first, ...rest]]) => ({ ...first, jobs: 1 + rest.length }));
  const taken = await query<TurnTaker & { start: number; step: number; hasLimit: boolean }>(take(queueSchema), [
    storableJson(wanted),
  ]);
  const next = new Map(taken.map((turns) => [laneOf(turns), turns]));
  return jobs.map((job) => {
    const turns = next.get(laneOf(job));
    if (!turns) throw new Error(`No turn was taken in ${job.queue}.`);
    const rank = rankOf(job.priority, turns.start);
    turns.start += turns.step;
    return { rank, hasLimit: turns.hasLimit };
  });
}

// A tenant's urgent job need not wait until its others have had their turns.
const laneOf = ({ queue, priority, tenant }: TurnTaker): string => `${queue} ${priority} ${tenant}`;

const firstWaiting = (queueSchema: string, queue: string) => `
  select mirror.priority * ${level} - job.priority as place
  from ${pg.escapeIdentifier(queueSchema)}.job as job
  join generation_jobs as mirror on mirror.id = job.data->>'jobId'
  where job.name = ${queue} and job.state < 'active' and not job.blocked and job.start_after <= now()
  order by job.priority desc, job.created_on limit 1`;

// The queue has reached the turn of the job that is next in it. Where none waits, all tenants are as far as the furthest.
const take = (queueSchema: string) =>
  statement(`
  with wanted as (
    select queue, priority, tenant, jobs, greatest(1, ${turn} / coalesce(weight, 1)) as step, max_running
    from json_to_recordset($1::json) as wanted (queue text, priority integer, tenant text, jobs integer)
    left join tenants on tenants.id = wanted.tenant
  ), reached as (
    select queue, coalesce(next.place, (select max(finish) from tenant_turns as turns where turns.queue = queues.queue), 0) as place
    from (select distinct queue from wanted) as queues
    left join lateral (${firstWaiting(queueSchema, "queues.queue")}) as next on true
  )
  insert into tenant_turns as turns (queue, priority, tenant, start, finish)
  select queue, priority, tenant, place, least(place + jobs * step, ${lastTurn})
  from wanted join reached using (queue)
  order by queue, priority, tenant
  on conflict (queue, priority, tenant) do update set
    start = greatest(turns.finish, excluded.start),
    finish = least(greatest(turns.finish, excluded.start) + excluded.finish - excluded.start, ${lastTurn})
  returning queue, priority, tenant, start,
    (select min(step) from wanted where wanted.tenant = turns.tenant) as step,
    (select min(max_running) from wanted where wanted.tenant = turns.tenant) is not null
      or exists (select from pauses where scope = 'tenant' and name = turns.tenant) as "hasLimit"`);

export const forgetTurns = (queueSchema: string) => `
  delete from tenant_turns as turns
  where not exists (
    select from ${pg.escapeIdentifier(queueSchema)}.job as job
    where job.name = turns.queue and job.state < 'active' and not job.blocked
  )`;

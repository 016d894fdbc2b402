import { type Query, statement } from "../../db/commit/statement.ts";
import { storableJson } from "../../storable.ts";
import type { Status } from "../job/transitions.ts";

/** What of a phase's children belongs together: those of one call of `spawn`. */
export type Brood = { parentId: string; parentPhase: string; spawn: string };

/** A job that a phase has spawned, as its parent sees it. `cost`: with what it has spawned itself. */
export type SpawnedJob = {
  id: string;
  status: Status;
  /** What its last phase gave, once it has completed. */
  output: unknown;
  cost: string | null;
  errorCode: string | null;
  errorMessage: string | null;
};

/** In the order in which they were asked for. `phases`: the names of each type's phases, of which a job may lack the last. */
export const readBrood = (
  query: Query,
  { parentId, parentPhase, spawn }: Brood,
  phases: Readonly<Record<string, readonly string[]>>,
): Promise<SpawnedJob[]> => query<SpawnedJob>(brood, [parentId, parentPhase, spawn, storableJson(phases)]);

const brood = statement(`
  select job.id, job.status, (job.cost + job.children_cost)::numeric(20,12) as cost, job.error_code as "errorCode",
    job.error_message as "errorMessage", case when job.status = 'completed' then (
      select output from generation_phases as kept
      join jsonb_array_elements_text($4::jsonb -> job.type) with ordinality as phase (name, place) on name = kept.phase
      where kept.job_id = job.id order by phase.place desc limit 1
    ) end as output
  from generation_jobs as job
  where parent_id = $1 and parent_phase = $2 and spawn = $3 order by spawn_place`);

/** What these jobs have spawned and is live. */
export async function findLiveChildren(query: Query, parentIds: readonly string[]): Promise<string[]> {
  return (await query<{ id: string }>(live, [parentIds])).map(({ id }) => id);
}

const live = statement("select id from generation_jobs where parent_id = any($1::text[]) and completed_at is null");

/** Which of these jobs have live children. */
export async function findParentsOfLive(query: Query, parentIds: readonly string[]): Promise<Set<string>> {
  return new Set((await query<{ id: string }>(parentsOfLive, [parentIds])).map(({ id }) => id));
}

const parentsOfLive = statement(`
  select distinct parent_id as id from generation_jobs where parent_id = any($1::text[]) and completed_at is null`);

/** What this phase of the job has spawned, and has failed or was cancelled. */
export async function findUnfinishedChildren(query: Query, parentId: string, phase: string): Promise<string[]> {
  return (await query<{ id: string }>(unfinished, [parentId, phase])).map(({ id }) => id);
}

const unfinished = statement(`
  select id from generation_jobs
  where parent_id = $1 and parent_phase = $2 and status in ('failed', 'cancelled') order by id`);

/** How often a phase has spawned under this name: each time with other inputs. */
export async function countBroods(query: Query, { parentId, parentPhase, spawn }: Brood): Promise<number> {
  const name = spawn.split(" ", 1)[0];
  const [counted] = await query<{ count: number }>(broods, [parentId, parentPhase, `${name} %`]);
  return counted?.count ?? 0;
}

const broods = statement(`
  select count(distinct spawn)::integer as count from generation_jobs
  where parent_id = $1 and parent_phase = $2 and spawn like $3`);

/** How many jobs stand above this one. */
export async function countAncestors(query: Query, jobId: string): Promise<number> {
  const [counted] = await query<{ count: number }>(ancestors, [jobId]);
  return counted?.count ?? 0;
}

const ancestors = statement(`
  with recursive up as (
    select parent_id from generation_jobs where id = $1
    union all
    select job.parent_id from up join generation_jobs as job on job.id = up.parent_id
  )
  select count(parent_id)::integer as count from up`);

/** How far a job's children are. `done`: the sum of the percentages of those that its present phase has spawned. */
export type FamilySum = { live: number; total: number; ended: number; done: number; cost: string | null };

export async function sumUpFamily(query: Query, jobId: string): Promise<FamilySum> {
  const [sum] = await query<FamilySum>(family, [jobId]);
  return sum as FamilySum;
}

// One child with a call without a price makes the sum unknown: null, never 0.
const family = statement(`
  select count(*) filter (where child.completed_at is null)::integer as live,
    count(*) filter (where ofphase)::integer as total,
    count(*) filter (where ofphase and child.completed_at is not null)::integer as ended,
    coalesce(sum(case when child.completed_at is null then child.percentage else 100 end) filter (where ofphase), 0)::integer as done,
    case when bool_or(child.cost is null or child.children_cost is null) then null
      else coalesce(sum(child.cost + child.children_cost), 0)::numeric(20,12) end as cost
  from generation_jobs as job
  join generation_jobs as child on child.parent_id = job.id
  cross join lateral (select child.parent_phase = job.phase as ofphase) as place
  where job.id = $1`);

/** Parents that wait for children of which none is live any more. */
export async function findWaitingInVain(query: Query, limit: number): Promise<string[]> {
  return (await query<{ id: string }>(inVain, [limit])).map(({ id }) => id);
}

const inVain = statement(`
  select id from generation_jobs as parent
  where waiting_for = 'children' and not exists (
    select from generation_jobs as child where child.parent_id = parent.id and child.completed_at is null
  ) limit $1`);

/** Finished jobs with live children that ran before their end: one that a caller has resumed by itself runs on. */
export async function findBereft(query: Query, limit: number): Promise<string[]> {
  return (await query<{ id: string }>(bereft, [limit])).map(({ id }) => id);
}

const bereft = statement(`
  select distinct parent.id from generation_jobs as child join generation_jobs as parent on parent.id = child.parent_id
  where child.completed_at is null and child.parent_id is not null and parent.completed_at is not null
    and not exists (select from generation_job_events where job_id = child.id and type = 'resumed')
  limit $1`);

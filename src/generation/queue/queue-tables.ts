import { type SQL, sql } from "drizzle-orm";
import pg from "pg";
import type { Db } from "../../db/client.ts";
import { type Query, queryWith, statement } from "../../db/commit/statement.ts";
import type { Transaction } from "../../db/commit/transact.ts";
import { deadLetterQueue } from "./dead-letters.ts";

export type QueueJobRef = { queue: string; queueJobId: string; jobId: string };

/** What is next in a queue, for how long it has waited, and whose jobs must not begin. */
export type DueHead = {
  queue: string;
  rank: number;
  priority: number;
  waitedSeconds: number;
  pausedTenants: string[] | null;
};

/** What only pg-boss's own tables know. Nothing here writes to them. */
export type QueueTables = {
  /** Each queue with something due that is not paused, dead letters included. */
  due(within?: Query): Promise<DueHead[]>;
  /** Live jobs (by id) whose queue job is not there, or not live. Only a hint: look again under the job's lock. */
  findJobsWithoutQueueJob(limit: number): Promise<string[]>;
  /** Live queue jobs that no live job names. Only a hint: look again under the job's lock. */
  findQueueJobsWithoutJob(limit: number): Promise<QueueJobRef[]>;
  /** Phases that no worker of the last ten minutes knows, and how many jobs have been due there for as long. */
  findPhasesWithoutWorker(): Promise<{ type: string; phase: string; jobs: number }[]>;
  /**
   * Live jobs (by id) at a phase that neither this process knows nor any worker that was seen in the last day, and that
   * have been due for as long. `queue` is null if the queue job is gone too. Only a hint: look again under the job's
   * lock, with `isPhaseUnknown`.
   */
  findJobsAtUnknownPhase(limit: number): Promise<{ id: string; queue: string | null }[]>;
  isPhaseUnknown(transaction: Transaction, jobId: string): Promise<boolean>;
  /** The queue of a queue job. Null if the queue job is gone. */
  queueOf(transaction: Transaction, queueJobId: string): Promise<string | null>;
  /** `live`: it waits or runs; `failed`: it will not run again; `gone`: completed, cancelled or not there. */
  look(transaction: Transaction, queue: string, queueJobId: string): Promise<"live" | "failed" | "gone">;
};

const liveStates = ["created", "retry", "active"];
// Long enough for a deployment to be over.
const noWorkerAfterSeconds = 600;
// Long enough for a deployment that removed a phase to be taken back, and for workers that were away over a night.
const phaseUnknownAfterSeconds = 24 * 3600;

export function readQueueTables(db: Db, queueSchema: string, phaseQueues: string[]): QueueTables {
  const table = sql`${sql.identifier(queueSchema)}.job`;
  const query = queryWith(db.$client, db.$client.session);
  // One look at the head of each queue's index (name, priority desc, created_on), whatever waits behind it.
  const heads = statement(`
    with paused as materialized (select scope, name from pauses)
    select queue, next.priority as rank, coalesce(mirror.priority, 0) as priority,
      extract(epoch from now() - greatest(next.created_on, next.start_after))::float as "waitedSeconds",
      (select array_agg(name) from paused where scope = 'tenant') as "pausedTenants"
    from unnest($1::text[]) as queue
    cross join lateral (
      select job.priority, job.created_on, job.start_after, job.data->>'jobId' as "jobId"
      from ${pg.escapeIdentifier(queueSchema)}.job as job
      where job.name = queue and job.state < 'active' and not job.blocked and job.start_after <= now()
      order by job.priority desc, job.created_on limit 1
    ) as next
    left join generation_jobs as mirror on mirror.id = next."jobId"
    where queue = '${deadLetterQueue}' or not exists (
      select from paused where scope = 'all' or (scope = 'type' and name = split_part(queue, '.', 1))
    )`);
  const nameOfQueue = statement(`
    select name from ${pg.escapeIdentifier(queueSchema)}.job where id = $1`);
  const ofPhases = sql.param(phaseQueues);
  const live = sql.param(liveStates);
  // A new type's first worker may start later than the API that takes its jobs.
  const withoutWorker = (seconds: number) => sql`
    from generation_jobs as mirror
    where mirror.status in ('pending', 'processing')
      and greatest(mirror.last_updated, mirror.next_attempt_at) < now() - make_interval(secs => ${seconds})
      and not ${isPhaseAmong(phaseQueues)}
      and not exists (
        select from workers
        where seen_at > now() - make_interval(secs => ${seconds}) and ${isPhaseAmong(sql`queues`)}
      )`;
  const atUnknownPhase = withoutWorker(phaseUnknownAfterSeconds);

  return {
    async due(within = query) {
      return await within(heads, [[deadLetterQueue, ...phaseQueues]]);
    },

    async findJobsWithoutQueueJob(limit) {
      const result = await db.execute<{ id: string }>(sql`
        select mirror.id from generation_jobs as mirror
        where mirror.status in ('pending', 'processing') and ${isPhaseAmong(phaseQueues)}
          and not exists (
            select from ${table} as job
            where job.id = mirror.queue_job_id and job.state::text = any(${live}::text[])
              and job.name = any(${ofPhases}::text[])
          )
        order by mirror.id limit ${limit}`);
      return result.rows.map(({ id }) => id);
    },

    async findQueueJobsWithoutJob(limit) {
      const result = await db.execute<QueueJobRef>(sql`
        select job.name as queue, job.id as "queueJobId", job.data->>'jobId' as "jobId"
        from ${table} as job
        where job.name = any(${ofPhases}::text[]) and job.state::text = any(${live}::text[])
          and not exists (
            select from generation_jobs as mirror where mirror.id = job.data->>'jobId' and mirror.queue_job_id = job.id
          )
        limit ${limit}`);
      return result.rows;
    },

    async findPhasesWithoutWorker() {
      const result = await db.execute<{ type: string; phase: string; jobs: number }>(sql`
        select mirror.type, mirror.phase, count(*)::integer as jobs ${withoutWorker(noWorkerAfterSeconds)}
        group by 1, 2 order by 1, 2`);
      return result.rows;
    },

    async findJobsAtUnknownPhase(limit) {
      const result = await db.execute<{ id: string; queue: string | null }>(sql`
        select mirror.id, (select job.name from ${table} as job where job.id = mirror.queue_job_id) as queue
        ${atUnknownPhase}
        order by mirror.id limit ${limit}`);
      return result.rows;
    },

    async isPhaseUnknown({ tx }, jobId) {
      const result = await tx.execute(sql`select ${atUnknownPhase} and mirror.id = ${jobId}`);
      return result.rows.length > 0;
    },

    async queueOf({ query }, queueJobId) {
      const [found] = await query<{ name: string }>(nameOfQueue, [queueJobId]);
      return found?.name ?? null;
    },

    async look({ tx }, queue, queueJobId) {
      const result = await tx.execute<{ state: string }>(sql`
        select state::text from ${table} as job
        where job.name = ${queue} and job.id = ${queueJobId}`);
      const { state = "" } = result.rows[0] ?? {};
      if (state === "failed") return state;
      return liveStates.includes(state) ? "live" : "gone";
    },
  };
}

/** Whether one of these queues is that of the mirror's phase. A job that never started may begin with any of its type's. */
function isPhaseAmong(queues: string[] | SQL): SQL {
  const known = Array.isArray(queues) ? sql`${sql.param(queues)}::text[]` : queues;
  return sql`case
    when mirror.phase = 'queued' then exists (select from unnest(${known}) as q where starts_with(q, mirror.type || '.'))
    else mirror.type || '.' || mirror.phase = any(${known}) end`;
}

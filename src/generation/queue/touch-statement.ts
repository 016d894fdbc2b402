import pg from "pg";

/**
 * Says of attempts in any number of queues that they are alive: pg-boss's own `touch` for the thread that beats, which
 * has no pg-boss. Takes arrays of queues, queue job ids and claims; gives the ids of those that still hold their queue
 * job. Waits for no row: one that is locked is being ended or given back, and two that wait for each other's rows would
 * be a deadlock.
 */
export function touchStatement(queueSchema: string): string {
  const schema = pg.escapeIdentifier(queueSchema);
  return `
    with held as (
      select job.name, job.id
      from unnest($1::text[], $2::uuid[], $3::integer[]) as held (queue, id, claim)
      join ${schema}.job as job on job.name = held.queue and job.id = held.id
      where job.retry_count = held.claim and job.state = 'active'
    ), free as (
      select name, id from ${schema}.job where (name, id) in (select name, id from held) and state = 'active'
      for no key update skip locked
    ), touched as (
      update ${schema}.job as job set heartbeat_on = ${schema}.job_now()
      from free where job.name = free.name and job.id = free.id
    )
    select id from held`;
}

type Held = { queue: string; queueJobId: string; claim: number };

/** The values of that statement. */
export const touchValues = (held: readonly Held[]): unknown[] => [
  held.map(({ queue }) => queue),
  held.map(({ queueJobId }) => queueJobId),
  held.map(({ claim }) => claim),
];

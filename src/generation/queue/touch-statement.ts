import pg from "pg";

/**
 * Says of attempts in any number of queues that they are alive: pg-boss's own `touch` for the thread that beats, which
 * has no pg-boss. Takes arrays of queues, queue job ids and claims; gives the ids of those that still hold their queue job.
 */
export function touchStatement(queueSchema: string): string {
  const schema = pg.escapeIdentifier(queueSchema);
  return `
    update ${schema}.job as job set heartbeat_on = ${schema}.job_now()
    from unnest($1::text[], $2::uuid[], $3::integer[]) as held (queue, id, claim)
    where job.name = held.queue and job.id = held.id and job.retry_count = held.claim and job.state = 'active'
    returning job.id`;
}

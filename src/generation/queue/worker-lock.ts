/*
 * A worker holds an advisory lock on its id over one connection for as long as its process lives. The server frees it
 * when the process's kernel closes that connection.
 */

const lockOf = (id: string): string => `hashtextextended('galley worker ' || ${id}, 0)`;

/** Takes the lock of the worker $1 for this connection. */
export const takeWorkerLock = `select pg_advisory_lock(${lockOf("$1::text")})`;

/** The other workers that were registered with a lock, and whether it is free now. $1: the id of the worker that looks. */
export const readWorkerLocks = `
  select id, pg_try_advisory_xact_lock(${lockOf("id::text")}) as "isFree" from (
    select id from workers
    where holds_lock and gone_at is null and id is distinct from $1::uuid and seen_at > now() - interval '1 hour'
    offset 0
  ) as registered`;

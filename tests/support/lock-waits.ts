import type pg from "pg";

/**
 * The sessions of this database whose statement waits for a lock; if `part` is given, only statements that contain it.
 * Many tests share the server, so what waits in another database is not looked at.
 */
export async function lockWaits(db: Pick<pg.Pool, "query">, part = ""): Promise<number[]> {
  // Within a transaction the view would never change.
  await db.query("select pg_stat_clear_snapshot()");
  const { rows } = await db.query<{ pid: number }>(
    `select pid from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock' and position($1 in query) > 0`,
    [part],
  );
  return rows.map(({ pid }) => pid);
}

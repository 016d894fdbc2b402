import type { Log } from "../log/log.ts";
import type { Database } from "./client.ts";

// The listener's and the heartbeat's, which no overload of the pool may hold up.
const besidePool = 2;

/**
 * Warns at the start if the server can never give this process all the connections that it may open: statements would
 * then be refused under load, and not before.
 */
export async function checkConnectionLimit({ pool }: Pick<Database, "pool">, log: Log): Promise<void> {
  const { rows } = await pool.query<{ limit: number }>(connectionLimit);
  const wanted = pool.options.max + besidePool;
  const limit = rows[0]?.limit ?? wanted;
  if (wanted <= limit) return;
  log.warn({
    event: "too_many_connections",
    wanted,
    limit,
    advice: `Set DATABASE_POOL_SIZE to ${Math.max(1, limit - besidePool)} or less, or raise the limit of the role, database or server.`,
  });
}

// The least of what the server, the database and the role allow; -1 and no row mean no limit of their own.
const connectionLimit = `
  select least(
    current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
      - coalesce(current_setting('reserved_connections', true)::integer, 0),
    (select nullif(datconnlimit, -1) from pg_database where datname = current_database()),
    (select nullif(rolconnlimit, -1) from pg_roles where rolname = current_user)
  ) as "limit"`;

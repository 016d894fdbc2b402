import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import pg from "pg";
import { StartError } from "../errors.ts";
import type { Log } from "../log.ts";

export type Db = NodePgDatabase & { $client: pg.Pool };
export type Tx = Parameters<Parameters<Db["transaction"]>[0]>[0];

export type Database = {
  url: string;
  pool: pg.Pool;
  db: Db;
  /** How long the server may take to answer one statement. */
  timeoutSeconds: number;
  close(): Promise<void>;
};

const oldestSupportedServer = 150000;

/** One pool for everything in the process. Throws StartError if nothing usable answers at `url`. */
export async function openDatabase(
  url: string,
  log: Log,
  { maxConnections = 10, timeoutSeconds = 10 } = {},
): Promise<Database> {
  await requireServer(url);
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    connectionTimeoutMillis: 5_000,
    query_timeout: timeoutSeconds * 1_000,
    keepAlive: true,
    application_name: "galley",
  });
  // A connection that breaks while it is in use tells its query and, unheard, would end the process.
  pool.on("connect", (client) => void client.on("error", () => undefined));
  pool.on("error", (error) => log.warn({ event: "connection_lost", reason: error.message }));
  return { url, pool, db: drizzle(pool), timeoutSeconds, close: () => pool.end() };
}

/** Throws StartError unless a PostgreSQL 15 or newer answers at `url`. */
export async function requireServer(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 5_000 });
  try {
    await client.connect();
    const result = await client.query<{ server_version_num: string }>("show server_version_num");
    const version = Number(result.rows[0]?.server_version_num);
    if (version >= oldestSupportedServer) return;
    throw new StartError(`PostgreSQL 15 or newer is needed; ${placeOf(url)} runs ${Math.floor(version / 10_000)}.`);
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`Cannot use the PostgreSQL at ${placeOf(url)}: ${reasonOf(error)}. Check DATABASE_URL.`, {
      cause: error,
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Several addresses behind one name give one error without a message.
  return error.message || ("code" in error ? String(error.code) : error.name);
}

/** The address without user, password and options, fit for a message. */
export function placeOf(url: string): string {
  if (!URL.canParse(url)) return "an address that cannot be read";
  const { hostname, port, pathname } = new URL(url);
  return `${hostname || "localhost"}:${port || "5432"}${pathname}`;
}

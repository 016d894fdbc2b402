import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import type { Log } from "../log/log.ts";
import { type Place, reachServer } from "./connect.ts";
import { type Outages, watchOutages } from "./outage/outages.ts";
import { tryToWrite } from "./outage/probe.ts";
import { SessionPool } from "./pool.ts";
import type { Session } from "./session.ts";

export type Db = NodePgDatabase & { $client: SessionPool };
export type Tx = Parameters<Parameters<Db["transaction"]>[0]>[0];

export type Database = {
  session: Session;
  pool: SessionPool;
  db: Db;
  outages: Outages;
  /** How long the server may take to answer one statement. */
  timeoutSeconds: number;
  close(): Promise<void>;
};

/** One pool for everything in the process. Throws StartError if nothing usable answers at `url`. */
export async function openDatabase(
  url: string,
  log: Log,
  {
    maxConnections = 10,
    timeoutSeconds = 10,
    until,
    ...place
  }: Place & { maxConnections?: number; timeoutSeconds?: number; until?: AbortSignal | undefined } = {},
): Promise<Database> {
  const session = await reachServer(url, place, until);
  const pool = new SessionPool(session, {
    max: maxConnections,
    patienceSeconds: timeoutSeconds,
    connectionTimeoutMillis: 5_000,
    query_timeout: timeoutSeconds * 1_000,
    keepAlive: true,
    application_name: "galley",
  });
  // A connection that breaks while it is in use fails its query and, unheard, would end the process.
  pool.on("connect", (client) => void client.on("error", () => undefined));
  pool.on("error", (error) => log.warn({ event: "connection_lost", reason: error.message }));
  const outages = watchOutages(() => tryToWrite(pool), url, log);
  pool.onFailure = outages.notice;
  const close = async () => {
    outages.close();
    await pool.end();
  };
  return { session, pool, db: drizzle(pool), outages, timeoutSeconds, close };
}

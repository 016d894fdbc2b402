import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { startEmbeddedPostgres } from "../../src/postgres/embedded.ts";
import { at } from "./database.ts";

export type OwnServer = {
  url: string;
  /** As the superuser, in `database`. */
  query(sql: string, database?: string): Promise<pg.QueryResult>;
  /** Creates a database and returns its address. `options`: behind `create database <name>`. */
  create(name: string, options?: string): Promise<string>;
  stop(): Promise<void>;
};

/** A PostgreSQL for one test file, where roles and settings do not reach the other files. */
export async function startOwnServer(): Promise<OwnServer> {
  const dataDir = await mkdtemp(join(tmpdir(), "galley-own-"));
  const server = await startEmbeddedPostgres({ dataDir, fsync: false });
  const query = async (sql: string, database = "postgres") => {
    const client = new pg.Client({ connectionString: at(server.url, database) });
    await client.connect();
    try {
      return await client.query(sql);
    } finally {
      await client.end();
    }
  };
  return {
    url: server.url,
    query,
    async create(name, options = "") {
      await query(`create database ${name} ${options}`);
      return at(server.url, name);
    },
    async stop() {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The same database, another role. */
export function as(url: string, role: string, password = "secret"): string {
  const result = new URL(url);
  result.username = role;
  result.password = password;
  return result.toString();
}

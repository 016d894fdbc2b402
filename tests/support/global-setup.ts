import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { PgBoss } from "pg-boss";
import { migrateDatabase } from "../../src/db/migrate.ts";
import { startEmbeddedPostgres } from "../../src/postgres/embedded.ts";
import { defaultSchemas } from "../../src/settings/database-url.ts";
import { at, serverVariable, templateName } from "./database.ts";

/** One server for the run, and a template with the whole schema that each test file clones. */
export default async function globalSetup(): Promise<void> {
  const own = process.env.TEST_DATABASE_URL ? null : await startOwnServer();
  const url = own?.url ?? process.env.TEST_DATABASE_URL ?? "";
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`drop database if exists ${templateName} with (force)`);
  await client.query(`create database ${templateName}`);
  await client.end();

  await migrateDatabase(at(url, templateName));
  const boss = new PgBoss({
    connectionString: at(url, templateName),
    schema: defaultSchemas.queueSchema,
    supervise: false,
    schedule: false,
  });
  await boss.start();
  await boss.stop();
  process.env[serverVariable] = url;
  Object.assign(globalThis, { galleyTestServer: own });
}

async function startOwnServer() {
  const dataDir = await mkdtemp(join(tmpdir(), "galley-test-"));
  const server = await startEmbeddedPostgres({ dataDir, fsync: false });
  return { ...server, dataDir };
}

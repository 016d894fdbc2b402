import pg from "pg";
import { serverVariable, testServerUrl } from "../../settings/test-server.ts";

export const templateName = "galley_template";

export type TestDatabase = { url: string; query: pg.Client["query"]; drop(): Promise<void> };

/** A database of its own: a clone of the migrated template, or an empty one. */
export async function createTestDatabase(options: { empty?: boolean } = {}): Promise<TestDatabase> {
  const server = testServerUrl();
  if (!server) throw new Error(`${serverVariable} is not set: run the tests with npm.`);
  const name = `galley_${process.pid}_${counter++}`;
  const admin = await connect(server);
  await cloneUnderLock(admin, name, options.empty ? "template1" : templateName);
  const client = await connect(at(server, name));
  return {
    url: at(server, name),
    query: client.query.bind(client) as pg.Client["query"],
    async drop() {
      await client.end();
      await admin.query(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}

/** The same server, another database. */
export function at(url: string, database: string): string {
  const result = new URL(url);
  result.pathname = `/${database}`;
  return result.toString();
}

let counter = 0;

// PostgreSQL refuses to clone a database that another session is cloning.
async function cloneUnderLock(admin: pg.Client, name: string, template: string): Promise<void> {
  await admin.query("select pg_advisory_lock(7)");
  await admin.query(`create database ${name} template ${template}`);
  await admin.query("select pg_advisory_unlock(7)");
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

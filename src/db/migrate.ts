import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { readMigrationFiles } from "drizzle-orm/migrator";
import pg from "pg";
import { z } from "zod";
import { StartError } from "../errors.ts";

const folder = new URL("../../drizzle/", import.meta.url);
const lock = "galley:migrate";

// As Drizzle makes it.
const bookkeeping = `
  create schema if not exists drizzle;
  create table if not exists drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)`;

const Journal = z.object({ entries: z.array(z.object({ idx: z.number(), when: z.number(), tag: z.string() })) });

/** Brings the database to this version's schema. Any number of processes may do so at once. Returns what was applied. */
export async function migrateDatabase(url: string): Promise<string[]> {
  return await inLockedTransaction(url, async (client) => {
    const before = await appliedMigrations(client);
    await refuseNewerDatabase(before);
    await client.query(bookkeeping);
    for (const { folderMillis: when, hash, sql } of readMigrationFiles({
      migrationsFolder: fileURLToPath(folder),
    })) {
      if (before.includes(when)) continue;
      for (const statement of sql) await client.query(statement);
      await client.query("insert into drizzle.__drizzle_migrations (hash, created_at) values ($1, $2)", [
        hash,
        when,
      ]);
    }
    return (await journal()).filter(({ when }) => !before.includes(when)).map(({ tag }) => tag);
  });
}

/** Takes back the newest migration. Returns its name, or null when there is none left. */
export async function rollbackDatabase(url: string): Promise<string | null> {
  return await inLockedTransaction(url, async (client) => {
    const applied = await appliedMigrations(client);
    await refuseNewerDatabase(applied);
    const newest = (await journal()).findLast(({ when }) => applied.includes(when));
    if (!newest) return null;
    const wayBack = await readFile(new URL(`${newest.tag}.down.sql`, folder), "utf8");
    await client.query(wayBack);
    await client.query("delete from drizzle.__drizzle_migrations where created_at = $1", [newest.when]);
    return newest.tag;
  });
}

/** Throws StartError unless the database has exactly this version's schema. */
export async function requireMigrated(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const applied = await appliedMigrations(client);
    await refuseNewerDatabase(applied);
    const missing = (await journal()).filter(({ when }) => !applied.includes(when)).map(({ tag }) => tag);
    if (missing.length > 0) {
      throw new StartError(`The database lacks the migration ${missing.join(", ")}. Run: npm run db:migrate`);
    }
  } finally {
    await client.end();
  }
}

// One at a time: two processes on an empty database would both create the tables. Drizzle's migrate() takes no lock and
// begins a transaction of its own. A lock of the session would stay behind for ever on a pooler's connection.
async function inLockedTransaction<T>(url: string, run: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    application_name: "galley migrate",
  });
  await client.connect();
  try {
    await client.query("begin");
    await client.query("select pg_advisory_xact_lock(hashtext($1))", [lock]);
    const result = await run(client);
    await client.query("commit");
    return result;
  } finally {
    // Rolls back what was not committed.
    await client.end();
  }
}

async function appliedMigrations(client: pg.Client): Promise<number[]> {
  const exists = await client.query<{ found: boolean }>(
    "select to_regclass('drizzle.__drizzle_migrations') is not null as found",
  );
  if (!exists.rows[0]?.found) return [];
  const rows = await client.query<{ created_at: string }>(
    "select created_at from drizzle.__drizzle_migrations order by created_at",
  );
  return rows.rows.map((row) => Number(row.created_at));
}

// Drizzle skips silently what it does not know, and this version's writes would then meet another version's tables.
async function refuseNewerDatabase(applied: number[]): Promise<void> {
  const known = (await journal()).map(({ when }) => when);
  const unknown = applied.filter((when) => !known.includes(when));
  if (unknown.length > 0) {
    throw new StartError(
      `The database has ${unknown.length} migration(s) that this version of Galley does not know: it was used by a newer one.`,
    );
  }
}

async function journal(): Promise<z.infer<typeof Journal>["entries"]> {
  return Journal.parse(JSON.parse(await readFile(new URL("meta/_journal.json", folder), "utf8"))).entries;
}

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { readMigrationFiles } from "drizzle-orm/migrator";
import pg from "pg";
import { z } from "zod";
import { StartError } from "../errors.ts";
import { type Place, reachServer, withClient } from "./connect.ts";
import { sayingWhatIsMissing } from "./failures.ts";
import { findOrigin, refuseOthersTables } from "./obstacles.ts";
import { watchNewObjects } from "./rights/privileges.ts";
import { prepareTenantRole } from "./rights/tenant-role.ts";
import { bookkeeping, exists, prepareSchemas, within } from "./schemas.ts";
import type { Session } from "./session.ts";

const folder = new URL("../../drizzle/", import.meta.url);

const Journal = z.object({ entries: z.array(z.object({ idx: z.number(), when: z.number(), tag: z.string() })) });

/** Brings the database to this version's schema. Any number of processes may do so at once. Returns what was applied. */
export async function migrateDatabase(url: string, place: Place = {}): Promise<string[]> {
  return await inMigration(url, place, async (client, session) => {
    const origin = await findOrigin(client, session.schema);
    if (origin) {
      throw new StartError(
        `The schema ${session.schema} holds tables of the system that Galley replaces (${origin.join(", ")}). ` +
          "npm run db:adopt takes their rows over; or set DATABASE_SCHEMA to another schema.",
      );
    }
    return await applyMigrations(client, session);
  });
}

/** What `migrateDatabase` does, within a transaction of the caller's. */
export async function applyMigrations(client: pg.Client, session: Session): Promise<string[]> {
  const before = await appliedMigrations(client, session);
  await refuseNewerDatabase(before);
  const watch = await watchNewObjects(client, [session.schema, session.queueSchema]);
  await prepareSchemas(client, session);
  await watch.close();
  const tags = new Map((await journal()).map(({ when, tag }) => [when, tag]));
  const applied: string[] = [];
  for (const { folderMillis: when, sql } of readMigrationFiles({ migrationsFolder: fileURLToPath(folder) })) {
    if (before.includes(when)) continue;
    const tag = tags.get(when) ?? "";
    await refuseOthersTables(session.schema, async () => {
      for (const statement of sql) {
        // Drizzle names the schema of what a foreign key leads to; ours is the only one in the path.
        await client.query(statement.replaceAll('"public".', ""));
        await watch.close();
      }
    });
    await client.query(`insert into ${tableOf(session)} (created_at, tag) values ($1, $2)`, [when, tag]);
    applied.push(tag);
  }
  await prepareTenantRole(client);
  return applied;
}

/** What taking back a migration removes: a table or a column, and how many rows have something there. */
export type Removal = { what: string; rows: number };

/**
 * Takes back the newest migration. Returns its name and what went with it, or null when there is none left. Throws
 * StartError if there are rows and `evenWithRows` is not set.
 */
export async function rollbackDatabase(
  url: string,
  place: Place = {},
  { evenWithRows = true } = {},
): Promise<{ tag: string; removed: Removal[] } | null> {
  return await inMigration(url, place, async (client, session) => {
    const applied = await appliedMigrations(client, session);
    await refuseNewerDatabase(applied);
    const newest = (await journal()).findLast(({ when }) => applied.includes(when));
    if (!newest) return null;
    const { tag } = newest;
    const statements = await readFile(new URL(`${tag}.down.sql`, folder), "utf8");
    const removed = await countRemovals(client, statements);
    if (!evenWithRows && removed.some(({ rows }) => rows > 0)) {
      throw new StartError(
        `Taking back ${tag} would remove ${listRemovals(removed)}. If that is meant: npm run db:rollback -- --yes`,
      );
    }
    await client.query(statements);
    await client.query(`delete from ${tableOf(session)} where created_at = $1`, [newest.when]);
    if (applied.length === 1) await client.query(`drop table ${tableOf(session)}`);
    return { tag, removed };
  });
}

export const listRemovals = (removed: readonly Removal[]): string =>
  removed.map(({ what, rows }) => `${what} (${rows} ${rows === 1 ? "row" : "rows"})`).join(", ");

async function countRemovals(client: pg.Client, statements: string): Promise<Removal[]> {
  const count = async (from: string) => {
    const { rows } = await client.query<{ count: number }>(`select count(*)::integer as count from ${from}`);
    return rows[0]?.count ?? 0;
  };
  const removals: Removal[] = [];
  for (const [, tables = ""] of statements.matchAll(/^DROP TABLE ([^;]+);/gim)) {
    for (const table of tables.split(",").map((name) => name.trim())) {
      removals.push({ what: `the table ${table}`, rows: await count(pg.escapeIdentifier(table)) });
    }
  }
  for (const [, table = "", column = ""] of statements.matchAll(
    /^ALTER TABLE "?(\w+)"? DROP COLUMN "?(\w+)"?/gim,
  )) {
    const from = `${pg.escapeIdentifier(table)} where ${pg.escapeIdentifier(column)} is not null`;
    removals.push({ what: `the column ${column} of ${table}`, rows: await count(from) });
  }
  return removals;
}

/** Throws StartError unless the database has exactly this version's schema. */
export async function requireMigrated(url: string, place: Place = {}): Promise<void> {
  const session = await reachServer(url, place);
  await withClient(session.config, async (client) => {
    const applied = await sayingWhatIsMissing(session.role, () => appliedMigrations(client, session));
    await refuseNewerDatabase(applied);
    const missing = (await journal()).filter(({ when }) => !applied.includes(when)).map(({ tag }) => tag);
    if (missing.length > 0) {
      throw new StartError(`The database lacks the migration ${missing.join(", ")}. Run: npm run db:migrate`);
    }
  });
}

/**
 * Runs `run` in one transaction, one process at a time: two on an empty database would both create the tables. Drizzle's
 * migrate() takes no lock and begins a transaction of its own. A lock of the session would stay behind for ever on a
 * pooler's connection.
 */
export async function inMigration<T>(
  url: string,
  place: Place,
  run: (client: pg.Client, session: Session) => Promise<T>,
): Promise<T> {
  const session = await reachServer(url, place);
  return await sayingWhatIsMissing(session.role, () =>
    withClient({ ...session.config, application_name: "galley migrate" }, async (client) => {
      await client.query(session.begin);
      // The queue's first: two Galleys that were given the same schema for it must not both take it.
      for (const name of [session.queueSchema, session.schema]) {
        await client.query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [`galley:migrate:${name}`]);
      }
      const result = await run(client, session);
      await client.query("commit");
      return result;
    }),
  );
}

const tableOf = ({ schema }: Session) => within(schema, bookkeeping);

async function appliedMigrations(client: pg.Client, session: Session): Promise<number[]> {
  if (!(await exists(client, session.schema, bookkeeping))) return [];
  const { rows } = await client.query<{ created_at: string }>(
    `select created_at from ${tableOf(session)} order by created_at`,
  );
  return rows.map((row) => Number(row.created_at));
}

// What this version does not know it would skip, and its writes would then meet another version's tables.
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

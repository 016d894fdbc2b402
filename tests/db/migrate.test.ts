import { readdir } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { migrateDatabase, requireMigrated, rollbackDatabase } from "../../src/db/migrate.ts";
import { StartError } from "../../src/errors.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { openLine } from "../support/line.ts";

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase({ empty: true });
});
afterEach(() => database.drop());

const snapshot = async () => {
  const columns = await database.query(
    "select table_name, column_name, data_type, column_default from information_schema.columns where table_schema = 'public' order by 1, 2",
  );
  const routines = await database.query(
    "select proname, prosrc from pg_proc where pronamespace = 'public'::regnamespace order by 1",
  );
  const rest = await database.query(
    "select indexname as name from pg_indexes where schemaname = 'public' union select conname from pg_constraint where connamespace = 'public'::regnamespace union select tgname from pg_trigger where not tgisinternal order by 1",
  );
  return { columns: columns.rows, routines: routines.rows, rest: rest.rows };
};

test("the schema goes up, all the way down and up again", async () => {
  const files = (await readdir(new URL("../../drizzle/", import.meta.url))).filter((name) => name.endsWith(".sql"));
  const migrations = files.filter((name) => !name.endsWith(".down.sql")).map((name) => name.replace(".sql", ""));

  expect(await migrateDatabase(database.url)).toEqual(migrations);
  const first = await snapshot();
  expect(first.columns.length).toBeGreaterThan(100);

  const takenBack: (string | null)[] = [];
  for (let step = await rollbackDatabase(database.url); step; step = await rollbackDatabase(database.url))
    takenBack.push(step.tag);
  expect(takenBack).toEqual(migrations.toReversed());
  expect(await snapshot()).toEqual({ columns: [], routines: [], rest: [] });

  await migrateDatabase(database.url);
  expect(await snapshot()).toEqual(first);
  expect(await migrateDatabase(database.url)).toEqual([]);
});

test("four processes that migrate an empty database at once all come up", async () => {
  const applied = await Promise.all([1, 2, 3, 4].map(() => migrateDatabase(database.url)));
  expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
});

test("behind a pooler, which keeps the connection of whoever left, the next to migrate is not held up", async () => {
  const line = await openLine(database.url, { pooled: true });
  try {
    expect(await migrateDatabase(line.url)).not.toEqual([]);
    expect(await migrateDatabase(line.url)).toEqual([]);
    expect(await rollbackDatabase(line.url)).not.toBeNull();
  } finally {
    await line.close();
  }
});

test("a missing migration is named, with the command that mends it", async () => {
  await migrateDatabase(database.url);
  await requireMigrated(database.url);
  const name = (await rollbackDatabase(database.url))?.tag;
  await expect(requireMigrated(database.url)).rejects.toThrow(
    new StartError(`The database lacks the migration ${name}. Run: npm run db:migrate`),
  );
});

test("a database of a newer version is left alone", async () => {
  await migrateDatabase(database.url);
  await database.query("insert into galley_migrations (created_at, tag) values (9999999999999, 'x')");
  await expect(migrateDatabase(database.url)).rejects.toThrow(
    /1 migration\(s\) that this version of Galley does not know/,
  );
});

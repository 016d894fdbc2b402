import { afterEach, beforeEach, expect, test } from "@jest/globals";
import pg from "pg";
import { PgBoss } from "pg-boss";
import { migrateDatabase, requireMigrated } from "../../src/db/migrate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { eventually, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let database: TestDatabase;
let galleys: TestGalley[];
beforeEach(async () => {
  database = await createTestDatabase({ empty: true });
  galleys = [];
});
afterEach(async () => {
  for (const galley of galleys) await galley.close();
  await database.drop();
});

async function start(env: Record<string, string> = {}): Promise<TestGalley> {
  const galley = await startTestGalley({ jobTypes: [relay()], test: database, env });
  galleys.push(galley);
  return galley;
}

async function runs(galley: TestGalley): Promise<void> {
  const { job } = await galley.service.submit("local", { type: "relay", input: { text: "go" } });
  expect(await whenFinished(galley, job.id)).toMatchObject({ status: "completed" });
}

test("another application's pg-boss keeps its jobs, its schedule and its version", async () => {
  const theirs = new PgBoss({ connectionString: database.url, supervise: false, schedule: false });
  theirs.on("error", () => undefined);
  await theirs.start();
  for (const queue of ["cleanup", "reconcile"]) {
    await theirs.createQueue(queue);
    await theirs.schedule(queue, "0 5 1 1 *", { whose: "theirs" });
    await theirs.send(queue, { whose: "theirs" });
  }
  await theirs.stop();
  await database.query("update pgboss.version set version = version - 1");
  const before = await database.query(
    "select (select version from pgboss.version), name, cron from pgboss.schedule",
  );

  await runs(await start());
  // A worker of ours that looked there would have taken them at its start.
  const { rows } = await database.query("select name, state from pgboss.job order by name");
  expect(rows).toEqual([
    { name: "cleanup", state: "created" },
    { name: "reconcile", state: "created" },
  ]);
  const after = await database.query(
    "select (select version from pgboss.version), name, cron from pgboss.schedule",
  );
  expect(after.rows).toEqual(before.rows);
});

test("another application's migrations by Drizzle are left alone, and ours do not depend on them", async () => {
  await database.query(`
    create schema drizzle;
    create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint);
    insert into drizzle.__drizzle_migrations (hash, created_at) values ('theirs', 9999999999999)`);
  await runs(await start());
  await requireMigrated(database.url);
  const { rows } = await database.query("select hash from drizzle.__drizzle_migrations");
  expect(rows).toEqual([{ hash: "theirs" }]);
});

test("a database that Galley has to itself gets no schema `drizzle` and no schema `pgboss`", async () => {
  await start();
  const { rows } = await database.query(
    "select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' order by 1",
  );
  expect(rows.map(({ nspname }) => nspname)).toEqual(["galley_queue", "public"]);
});

test("two Galleys live in one database, and neither sees, hears or runs what is the other's", async () => {
  const one = await start();
  const two = await start({ DATABASE_SCHEMA: "second", QUEUE_SCHEMA: "second_queue" });
  const heard: string[] = [];
  const ear = new pg.Client({ connectionString: database.url });
  await ear.connect();
  ear.on("notification", ({ channel }) => heard.push(channel));
  await ear.query('listen "galley:public"; listen "galley:second"');
  await runs(two);
  await eventually(
    () => heard,
    (channels) => channels.includes("galley:second"),
  );
  expect(new Set(heard)).toEqual(new Set(["galley:second"]));
  await ear.end();

  await runs(one);
  const count = async (schema: string) =>
    (await database.query(`select count(*)::integer as jobs from ${schema}.generation_jobs`)).rows[0].jobs;
  expect([await count("public"), await count("second")]).toEqual([1, 1]);
  expect((await database.query("select second.get_job_progress('x')->>'error' as error")).rows).toEqual([
    { error: "Job not found" },
  ]);
});

test("one Galley's migration does not wait for another's", async () => {
  await database.query("begin; select pg_advisory_xact_lock(hashtextextended('galley:migrate:public', 0))");
  await migrateDatabase(database.url, { schema: "second", queueSchema: "second_queue" });
  await database.query("rollback");
});

test.each([
  [
    "another application's pg-boss where the queue should be",
    { QUEUE_SCHEMA: "pgboss" },
    /The schema pgboss holds another application's pg-boss\. Set QUEUE_SCHEMA to one of Galley's own\./,
  ],
  [
    "another Galley's queue where the queue should be",
    { DATABASE_SCHEMA: "second" },
    /The schema galley_queue holds the queue of the Galley in the schema public\. Set QUEUE_SCHEMA to another one\./,
  ],
  [
    "another application's tables where ours should be",
    { DATABASE_SCHEMA: "theirs", QUEUE_SCHEMA: "q" },
    /The schema theirs is in use by another application: relation "topics" already exists\. Set DATABASE_SCHEMA/,
  ],
  [
    "the tables of the system that Galley replaces",
    { DATABASE_SCHEMA: "origin", QUEUE_SCHEMA: "q" },
    /The schema origin holds tables .*generation_jobs, topics.*npm run db:adopt takes their rows over/,
  ],
])("with %s it says so in one line and changes nothing", async (_name, env, message) => {
  await migrateDatabase(database.url);
  await database.query(`
    create schema pgboss; create table pgboss.version (version integer);
    create schema theirs; create table theirs.topics (id integer);
    create schema origin; create table origin.generation_jobs (id text); create table origin.topics (id uuid)`);
  const tables = () =>
    database.query("select relnamespace::regnamespace::text, relname from pg_class order by 1, 2");
  const before = await tables();
  const refusal = await start(env).catch((error: Error) => error.message);
  expect(refusal).toMatch(message);
  expect(String(refusal)).not.toContain("\n");
  expect((await tables()).rows).toEqual(before.rows);
});

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import request from "supertest";
import { createKey } from "../../src/access/keys.ts";
import type { Scope } from "../../src/access/scopes.ts";
import { cleanUp } from "../../src/generation/upkeep/cleanup/cleanup.ts";
import { recordDay } from "../../src/generation/upkeep/daily-records.ts";
import { reconcile } from "../../src/generation/upkeep/reconciler.ts";
import { createLog } from "../../src/log/log.ts";
import { insertFinishedJobs, thirtyDays } from "../support/finished-jobs.ts";
import { eventually, startTestGalley, type TestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
let key: string;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api" } });
  key = await makeKey("admin");
});
afterAll(() => galley.close());

const makeKey = (scope: Scope) => createKey(galley.database.db, "local", [scope]);
const ask = (shown = key) => request(galley.url).get("/v1/database").set("Authorization", `Bearer ${shown}`);
const health = async () => (await ask()).body;
type Named = { name: string };
const named = <One extends Named>(list: One[], name: string) => list.find((one) => one.name === name);

test("it is for the scope admin alone", async () => {
  expect((await ask(await makeKey("jobs:read"))).status).toBe(403);
  expect((await ask(await makeKey("jobs:write"))).status).toBe(403);
  expect((await ask()).status).toBe(200);
});

test("tables and indexes of both schemas are told with their size and use", async () => {
  await insertFinishedJobs(galley.test, 300, 3);
  await galley.test.query("update generation_jobs set seo_score = 1");
  // Counts that come after the analysis would be added to it.
  await galley.test.query("select pg_stat_force_next_flush()");
  await galley.test.query("analyze generation_jobs");
  const { rows } = await galley.test.query<{ bytes: string; indexes: string }>(
    "select pg_total_relation_size('generation_jobs') as bytes, pg_indexes_size('generation_jobs') as indexes",
  );
  const { tables, indexes, bytes } = await health();
  expect(named(tables, "public.generation_jobs")).toMatchObject({
    bytes: Number(rows[0]?.bytes),
    indexBytes: Number(rows[0]?.indexes),
    rows: 300,
    deadRows: expect.any(Number),
    lastAnalyzeAt: expect.any(String),
  });
  expect(named(tables, "galley_queue.queue")).toBeDefined();
  expect(bytes).toBeGreaterThan(Number(rows[0]?.bytes));
  const before = named(indexes as (Named & { scans: number })[], "public.generation_jobs_pkey")?.scans ?? 0;
  await galley.test.query(
    "set enable_seqscan = off; select from generation_jobs where id = 'job_1'; reset enable_seqscan",
  );
  await galley.test.query("select pg_stat_force_next_flush()");
  await eventually(
    async () => named((await health()).indexes as (Named & { scans: number })[], "public.generation_jobs_pkey"),
    (index) => (index?.scans ?? 0) > before,
  );
});

test("growth is told by the day, from a record of before", async () => {
  const { db } = galley.database;
  const growth = async () =>
    named(
      (await health()).tables as (Named & { growthBytesPerDay: number | null; bytes: number })[],
      "public.articles",
    );
  expect((await growth())?.growthBytesPerDay).toBeNull();
  await recordDay(db);
  expect((await growth())?.growthBytesPerDay).toBeNull();
  await galley.test.query(
    "update database_sizes set day = day - 2, at = now() - interval '2 days', bytes = bytes - 1000 where name = 'public.articles'",
  );
  expect((await growth())?.growthBytesPerDay).toBeCloseTo(500, 1);
});

test("sizes are recorded once a day, and what is old is forgotten", async () => {
  const { db } = galley.database;
  const { test: testDb } = galley;
  await testDb.query(`
    delete from database_sizes;
    insert into database_sizes (day, name, bytes) values (current_date - 402, 'old', 1), (current_date - 300, 'young', 1);
    insert into drift_repairs (day, repair, count) values (current_date - 402, 'resent', 1);
    insert into cleanup_runs (cause, started_at, retention, removed)
    select 'hand', now() - make_interval(days => days), '{}', '{}' from (values (401), (300)) as at (days)`);
  await Promise.all([recordDay(db), recordDay(db)]);
  await recordDay(db);
  const { rows } = await testDb.query(`
    select (select count(*) from database_sizes where name = 'public.articles')::integer as articles,
      (select array_agg(name) from database_sizes where day < current_date) as past,
      (select count(*) from drift_repairs)::integer as repairs, (select count(*) from cleanup_runs)::integer as runs`);
  expect(rows).toEqual([{ articles: 1, past: ["young"], repairs: 0, runs: 1 }]);
  await testDb.query("delete from cleanup_runs");
});

test("the slowest statements come without values, and where they are not counted it says what to do", async () => {
  expect((await health()).statements).toEqual({
    slowest: [],
    missing: "Run in this database: create extension pg_stat_statements.",
  });
  await galley.test.query("create schema counted; create extension pg_stat_statements schema counted");
  await galley.test.query("select counted.pg_stat_statements_reset()");
  await galley.test.query("select pg_sleep(0.2), 'confidential' as word");
  await galley.test.query("comment on schema counted is 'confidential'");
  const { statements } = await health();
  expect(statements.missing).toBeNull();
  expect(statements.slowest.map(({ text }: { text: string }) => text)).toContain("select pg_sleep($1), $2 as word");
  expect(JSON.stringify(statements)).not.toContain("confidential");
});

test("the last cleanups are told, with what they removed and how fast, and when the next is due", async () => {
  await insertFinishedJobs(galley.test, 700, 31);
  const { removed, bytes } = await cleanUp(galley.database.db, { retention: thirtyDays, cause: "hand" });
  expect(removed.jobs).toBe(700);
  const { cleanup } = await health();
  expect(cleanup).toMatchObject({ isOverdue: false, nextDueAt: expect.stringMatching(/T03:17:00.000Z$/) });
  expect(cleanup.runs).toHaveLength(1);
  const [run] = cleanup.runs;
  expect(run).toMatchObject({ cause: "hand", failure: null, removed, bytes });
  const rows = Object.values(removed).reduce((sum, count) => sum + count, 0);
  expect(run.rowsPerSecond * run.seconds).toBeCloseTo(rows, 3);
});

test("drift is told as it stands, and then what was repaired", async () => {
  for (let job = 0; job < 3; job++) await galley.service.submit("local", { type: "relay", input: { text: "go" } });
  await galley.test.query("delete from galley_queue.job");
  expect((await health()).drift).toEqual({ jobsWithoutQueueJob: 3, queueJobsWithoutJob: 0, repaired: [] });
  await galley.test.query(
    "delete from generation_jobs where id = (select min(id) from generation_jobs where status = 'pending')",
  );
  const run = () => reconcile({ ...galley, db: galley.database.db, log: createLog("silent") });
  await run();
  const repaired = [{ repair: "resent", count: 2, latestAt: expect.any(String) }];
  expect((await health()).drift).toEqual({ jobsWithoutQueueJob: 0, queueJobsWithoutJob: 0, repaired });
  await galley.test.query("delete from galley_queue.job");
  await run();
  expect((await health()).drift.repaired).toMatchObject([{ repair: "resent", count: 4 }]);
});

test("readiness says when the cleanup is due, and whether it is overdue", async () => {
  const ready = async () => (await request(galley.url).get("/readyz")).body;
  expect(await ready()).toMatchObject({
    checks: { cleanup: "ok" },
    cleanupDueAt: expect.stringMatching(/T03:17:00.000Z$/),
  });
  await galley.test.query("update cleanup_schedule set next_due_at = now() - interval '2 hours'");
  expect(await ready()).toMatchObject({ status: "ready", checks: { cleanup: "overdue" } });
});

test("a cleanup that has failed for an hour is overdue, until one gets through or makes headway again", async () => {
  const check = async () => (await request(galley.url).get("/readyz")).body.checks.cleanup;
  const record = (ago: string, failure: string | null, isEnded = true) =>
    galley.test.query(
      `insert into cleanup_runs (cause, started_at, seen_at, finished_at, failure, retention, removed)
      select 'schedule', at, at + interval '20 minutes', case when $3 then at + interval '20 minutes' end, $2, '{}', '{}'
      from (select now() - $1::interval as at) as run`,
      [ago, failure, isEnded],
    );
  await galley.test.query("update cleanup_schedule set next_due_at = now() + interval '5 minutes'");
  await record("2 days", "out of order");
  await record("1 day", null);
  expect(await check()).toBe("ok");
  await record("50 minutes", "out of order");
  expect(await check()).toBe("ok");
  await record("70 minutes", "out of order");
  expect(await check()).toBe("overdue");
  await record("20 minutes", null, false);
  expect(await check()).toBe("ok");
  await galley.test.query(
    "update cleanup_runs set seen_at = now() - interval '10 minutes' where finished_at is null",
  );
  expect(await check()).toBe("overdue");
  await record("30 minutes", null);
  expect(await check()).toBe("ok");
});

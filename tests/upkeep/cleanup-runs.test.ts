import { once } from "node:events";
import { isDeepStrictEqual } from "node:util";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { type Database, openDatabase } from "../../src/db/client.ts";
import { cleanUp, cleanUpIfDue } from "../../src/generation/upkeep/cleanup/cleanup.ts";
import { readCleanup } from "../../src/generation/upkeep/cleanup/runs.ts";
import { createLog } from "../../src/log/log.ts";
import { drain } from "../../src/process/drain.ts";
import type { Galley } from "../../src/process/start.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { insertFinishedJobs, thirtyDays } from "../support/finished-jobs.ts";
import { layFuse } from "../support/fuse.ts";
import { eventually, startTestGalley, testConfig } from "../support/galley.ts";
import { relay } from "../support/types.ts";

const log = createLog("silent");
let own: TestDatabase;
let databases: Database[];
beforeEach(async () => {
  [own, databases] = [await createTestDatabase(), []];
});
afterEach(async () => {
  await Promise.all(databases.map(({ close }) => close()));
  await own.drop();
});

async function open(): Promise<Database> {
  const database = await openDatabase(own.url, log);
  databases.push(database);
  return database;
}

const beDue = () => own.query("update cleanup_schedule set next_due_at = now() - interval '1 day'");
const never = new AbortController().signal;
const ifDue = ({ db }: Database, until = never) => cleanUpIfDue(db, { retention: thirtyDays, log, until });

async function runs() {
  const { rows } = await own.query(
    "select cause, failure, finished_at is not null as ended, (removed->>'jobs')::integer as jobs from cleanup_runs order by started_at",
  );
  return rows;
}

test("a run that was missed is made up for by one process of many, and the next is due in the night", async () => {
  const processes = await Promise.all([open(), open(), open()]);
  await insertFinishedJobs(own, 1_200, 31);
  await Promise.all(processes.map((one) => ifDue(one)));
  expect(await runs()).toEqual([]);

  await beDue();
  await Promise.all(processes.map((one) => ifDue(one)));
  expect(await runs()).toEqual([{ cause: "schedule", failure: null, ended: true, jobs: 1_200 }]);
  const [{ db } = await open()] = processes;
  const { nextDueAt } = await readCleanup(db);
  expect(nextDueAt.getTime()).toBeGreaterThan(Date.now());
  expect(nextDueAt.getTime()).toBeLessThanOrEqual(Date.now() + 24 * 3_600_000);
  expect(nextDueAt.toISOString()).toMatch(/T03:17:00.000Z$/);
});

test("a worker that starts makes up for it at once", async () => {
  await insertFinishedJobs(own, 3, 31);
  await beDue();
  const galley = await startTestGalley({ jobTypes: [relay()], test: own, env: { ROLES: "worker" } });
  const done = [{ cause: "schedule", failure: null, ended: true, jobs: 3 }];
  await eventually(runs, (found) => isDeepStrictEqual(found, done), 10).finally(galley.close);
});

test("where nothing but drain runs, drain makes up for it", async () => {
  await insertFinishedJobs(own, 3, 31);
  await beDue();
  const config = testConfig(own, { ROLES: "worker" });
  await drain(config, { jobTypes: [relay()], log, until: AbortSignal.timeout(20_000) });
  expect(await runs()).toEqual([{ cause: "schedule", failure: null, ended: true, jobs: 3 }]);
});

test("where each drain's budget is used up by its jobs, the cleanup is made up for too", async () => {
  await insertFinishedJobs(own, 3, 31);
  await beDue();
  const budget = new AbortController();
  const jobTypes = [
    relay({
      async first({ input, signal }) {
        budget.abort();
        await once(signal, "abort");
        return input;
      },
    }),
  ];
  const config = testConfig(own, { ROLES: "worker" });
  const api = await startTestGalley({ jobTypes, test: own, env: { ROLES: "api" } });
  await api.service.submit("local", { type: "relay", input: { text: "go" } });
  expect(await drain(config, { jobTypes, log, until: budget.signal })).toEqual({ live: 1 });
  await api.close();
  expect(await runs()).toEqual([{ cause: "schedule", failure: null, ended: true, jobs: 3 }]);
});

test("a cleanup or roll-up that fails holds no drain up", async () => {
  await insertFinishedJobs(own, 3, 31);
  await beDue();
  await own.query("alter function roll_up_generation_jobs() rename to mislaid");
  await own.query(`create function refuse() returns trigger language plpgsql as $$ begin raise 'No.'; end $$;
    create trigger refuse before delete on generation_jobs for each row execute function refuse()`);
  const api = await startTestGalley({ jobTypes: [relay()], test: own, env: { ROLES: "api" } });
  await api.service.submit("local", { type: "relay", input: { text: "go" } });
  await api.close();
  const config = testConfig(own, { ROLES: "worker" });
  expect(await drain(config, { jobTypes: [relay()], log, until: AbortSignal.timeout(20_000) })).toEqual({
    live: 0,
  });
  expect(await runs()).toEqual([{ cause: "schedule", failure: "No", ended: true, jobs: 0 }]);
});

test("a process that stops hands the run on at once, and another one goes on", async () => {
  await insertFinishedJobs(own, 1_200, 31);
  await beDue();
  const [one, other] = [await open(), await open()];
  const stopping = new AbortController();
  let taken = 0;
  // The schedule, the run's record, the first batch and the second one take a connection each.
  one.pool.on("acquire", () => {
    if (++taken === 4) stopping.abort();
  });
  await ifDue(one, stopping.signal);
  await ifDue(other);
  const [first, second] = await runs();
  expect(first).toMatchObject({ failure: "The process stopped.", ended: true });
  expect(second).toMatchObject({ failure: null, ended: true });
  expect([first.jobs, second.jobs]).toEqual([1_000, 200]);
});

async function openTransactions(): Promise<number> {
  const { rows } = await own.query<{ count: number }>(
    `select count(*)::integer as count from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null`,
  );
  return rows[0]?.count ?? 0;
}

test("a process may die before any statement of a run: the next one does the rest, and nothing is counted twice", async () => {
  const found: string[] = [];
  let points = 0;
  for (let isBlown = true; isBlown; points++) {
    const ids = await insertFinishedJobs(own, 1_100, 31);
    await own.query("truncate cleanup_runs");
    const database = await openDatabase(own.url, log);
    const fuse = layFuse({ database } as Galley, points + 1);
    fuse.light();
    const run = cleanUp(database.db, { retention: thirtyDays, cause: "schedule" });
    isBlown = await run.then(
      () => false,
      () => true,
    );
    void database.close().catch(() => undefined);
    // Until the server has noticed, rows that the dead process had locked are left to a later run.
    await eventually(openTransactions, (count) => count === 0);
    const next = await openDatabase(own.url, log);
    await cleanUp(next.db, { retention: thirtyDays, cause: "schedule" });
    await next.close();
    const { rows } = await own.query(
      `select sum((removed->>'jobs')::integer)::integer as jobs, sum((removed->>'events')::integer)::integer as events,
        sum((removed->>'text')::integer)::integer as text, sum((removed->>'steps')::integer)::integer as steps,
        (select count(*)::integer from generation_job_tombstones where id = any($1)) as remembered,
        (select count(*)::integer from generation_jobs) as left
      from cleanup_runs`,
      [ids],
    );
    const expected = { jobs: 1_100, events: 2_200, text: 1_100, steps: 1_100, remembered: 1_100, left: 0 };
    if (JSON.stringify(rows[0]) !== JSON.stringify(expected)) found.push(`${points}: ${JSON.stringify(rows[0])}`);
  }
  expect(found).toEqual([]);
  expect(points).toBeGreaterThan(25);
}, 180_000);

test("a run that died is taken over after five minutes without a batch, and not before", async () => {
  await insertFinishedJobs(own, 10, 31);
  await beDue();
  const [dying, other] = [await open(), await open()];
  const fuse = layFuse({ database: dying } as Galley, 4);
  fuse.light();
  await expect(ifDue(dying)).rejects.toThrow();
  await ifDue(other);
  expect(await runs()).toHaveLength(1);
  const { rows } = await own.query(
    "update cleanup_schedule set next_due_at = next_due_at - interval '5 minutes' returning next_due_at - now() < interval '0' as due",
  );
  expect(rows).toEqual([{ due: true }]);
  await ifDue(other);
  expect((await runs()).at(-1)).toEqual({ cause: "schedule", failure: null, ended: true, jobs: 10 });
});

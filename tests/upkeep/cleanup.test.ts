import { afterEach, beforeEach, expect, test } from "@jest/globals";
import pg from "pg";
import type { Removed, Retention } from "../../src/db/schema/upkeep/cleanup.ts";
import { PermanentError } from "../../src/errors.ts";
import { cleanUp } from "../../src/generation/upkeep/cleanup/cleanup.ts";
import { countRemovable } from "../../src/generation/upkeep/cleanup/removable.ts";
import { readCleanup } from "../../src/generation/upkeep/cleanup/runs.ts";
import { newUuid } from "../../src/ids.ts";
import { insertFinishedJobs, thirtyDays } from "../support/finished-jobs.ts";
import { eventually, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { lockWaits } from "../support/lock-waits.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
let paid: number;
let fails: boolean;
beforeEach(async () => {
  [paid, fails] = [0, false];
  galley = await startTestGalley({
    jobTypes: [
      relay({
        async first({ input, step, model }) {
          await step("once", 1, async () => ++paid);
          await step("text", 1, () => model.text({ system: "You write.", user: "Write.", maxOutputTokens: 200 }));
          if (fails) throw new PermanentError("It broke.");
          return input;
        },
      }),
    ],
  });
});
afterEach(() => galley.close());

const nothing: Removed = { jobs: 0, events: 0, text: 0, steps: 0, calls: 0, removedIds: 0, workers: 0 };

async function finishedJob(finishedDaysAgo: number): Promise<string> {
  const { job } = await galley.service.submit("local", { type: "relay", input: { text: "go" } });
  await whenFinished(galley, job.id);
  await galley.test.query(
    "update generation_jobs set completed_at = now() - make_interval(days => $2) where id = $1",
    [job.id, finishedDaysAgo],
  );
  return job.id;
}

async function eventsOf(id: string): Promise<string[]> {
  const { rows } = await galley.test.query("select type from generation_job_events where job_id = $1 order by id", [
    id,
  ]);
  return rows.map(({ type }) => type);
}

async function run(retention: Partial<Retention> = {}): Promise<Removed> {
  const { removed } = await cleanUp(galley.database.db, {
    retention: { ...thirtyDays, ...retention },
    cause: "hand",
  });
  return removed;
}

test("finished jobs past retention go with all that hangs on them, answer 410, and cost what they cost", async () => {
  const old = await finishedJob(31);
  const young = await finishedJob(29);
  const input = { text: "later" };
  const startAfter = new Date(Date.now() + 60_000);
  const live = (await galley.service.submit("local", { type: "relay", input, startAfter })).job.id;
  const others = (await eventsOf(old)).filter((type) => type !== "text").length;
  const texts = (await eventsOf(old)).length - others;
  expect(texts).toBeGreaterThan(0);

  expect(await run({ text: 1_000 })).toEqual({ ...nothing, jobs: 1, events: others, text: texts, steps: 2 });
  expect(await run({ text: 1_000 })).toEqual(nothing);

  const answer = await fetch(`${galley.url}/v1/jobs/${old}`);
  expect([answer.status, await answer.json()]).toEqual([410, expect.objectContaining({ code: "gone" })]);
  expect((await galley.service.find("local", young)).status).toBe("completed");
  expect((await galley.service.find("local", live)).status).toBe("pending");
  const { rows } = await galley.test.query(
    `select (select count(*)::integer from generation_steps where job_id = $1) as steps,
      (select count(*)::integer from generation_phases where job_id = $1) as phases,
      (select count(*)::integer from provider_calls where job_id = $1) as calls`,
    [old],
  );
  expect(rows).toEqual([{ steps: 0, phases: 0, calls: 1 }]);
});

test("what was streamed goes a day after its job has ended, and the rest of its history stays", async () => {
  const old = await finishedJob(2);
  const young = await finishedJob(0);
  const [before, youngBefore] = [await eventsOf(old), await eventsOf(young)];
  const { text, ...others } = await run();
  expect(text).toBe(before.filter((type) => type === "text").length);
  expect(others).toMatchObject({ jobs: 0, events: 0, steps: 0 });
  expect(await eventsOf(old)).toEqual(before.filter((type) => type !== "text"));
  expect(await eventsOf(young)).toEqual(youngBefore);
});

test("a history that is pruned keeps its last event, and a failed job the steps that its resume would pay for", async () => {
  const completed = await finishedJob(8);
  fails = true;
  const failed = await finishedJob(8);
  expect(await run({ events: 7, steps: 7 })).toMatchObject({ jobs: 0, steps: 2 });
  expect(await eventsOf(completed)).toEqual(["completed"]);
  expect(await eventsOf(failed)).toEqual(["failed"]);

  [fails, paid] = [false, 0];
  await galley.service.resume("local", failed);
  expect((await whenFinished(galley, failed)).status).toBe("completed");
  expect(paid).toBe(0);
});

test("a job that is pruned, resumed and finished again is pruned again", async () => {
  fails = true;
  const id = await finishedJob(3);
  await run();
  fails = false;
  await galley.service.resume("local", id);
  await whenFinished(galley, id);
  await galley.test.query(
    "insert into generation_job_events (job_id, id, type) select id, event_count + 1, 'text' from generation_jobs",
  );
  await galley.test.query(
    "update generation_jobs set event_count = event_count + 1, completed_at = now() - interval '2 days'",
  );
  expect(await run()).toMatchObject({ text: 1 });
});

test("a dry run says what the run then removes, of every class", async () => {
  const { db } = galley.database;
  for (const days of [0, 2, 9, 31, 500]) await insertFinishedJobs(galley.test, 7, days);
  const [kept = ""] = await insertFinishedJobs(galley.test, 1, 0);
  const call = `insert into provider_calls (id, job_id, tenant, phase, step, attempt, provider, model, state, started_at, finished_at)
    values ($1, $2, 'local', 'first', 'once', 1, 'demo', 'demo-1', $3, $4::timestamptz, case when $3 <> 'started' then $4::timestamptz end)`;
  const longAgo = "2020-01-01";
  const old = () => `016f5e66-e800-7${newUuid().slice(15)}`;
  await galley.test.query(call, [old(), "job_gone", "succeeded", longAgo]);
  await galley.test.query(call, [old(), kept, "succeeded", longAgo]);
  await galley.test.query(call, [old(), "job_gone", "started", longAgo]);
  await galley.test.query(call, [newUuid(), "job_gone", "succeeded", new Date().toISOString()]);
  await galley.test.query(
    "insert into generation_job_tombstones (id, tenant, removed_at) values ('job_a', 'local', now() - interval '366 days'), ('job_b', 'local', now())",
  );
  await galley.test.query(
    "insert into workers (id, host, pid, queues, seen_at) values (gen_random_uuid(), 'h', 1, '{}', now() - interval '31 days')",
  );
  const retention = { ...thirtyDays, events: 7, steps: 7 };

  const told = await countRemovable(db, retention);
  expect(told).toEqual({ jobs: 14, events: 35, text: 28, steps: 19, calls: 1, removedIds: 1, workers: 1 });
  const { removed, bytes } = await cleanUp(db, { retention, cause: "hand" });
  expect(removed).toEqual(told);
  expect(await countRemovable(db, retention)).toEqual(nothing);

  const { runs, nextDueAt } = await readCleanup(db);
  expect(runs[0]).toMatchObject({ cause: "hand", finishedAt: expect.any(Date), failure: null, removed, bytes });
  expect(bytes).toBeGreaterThan(14 * 200);
  expect(nextDueAt.toISOString()).toMatch(/T03:17:00.000Z$/);
});

test("a job that another transaction holds is left for the next run, and held up by nothing", async () => {
  const [held = ""] = await insertFinishedJobs(galley.test, 1, 31);
  await insertFinishedJobs(galley.test, 2, 31);
  const other = new pg.Client({ connectionString: galley.test.url });
  await other.connect();
  try {
    await other.query("begin");
    await other.query("select from generation_jobs where id = $1 for update", [held]);
    expect(await run()).toMatchObject({ jobs: 2 });
  } finally {
    await other.end();
  }
  expect(await run()).toMatchObject({ jobs: 1 });
});

test("a job whose Idempotency-Key is younger than a day stays, whatever is asked for", async () => {
  const submission = { type: "relay", input: { text: "go" }, idempotencyKey: "click" };
  const { job } = await galley.service.submit("local", submission);
  await whenFinished(galley, job.id);
  expect(await run({ jobs: 0 })).toMatchObject({ jobs: 0 });
  await galley.test.query("update generation_jobs set created_at = now() - interval '25 hours'");
  expect(await run({ jobs: 0 })).toMatchObject({ jobs: 1 });
});

test("an Idempotency-Key is kept for as long as its job, and is free when that is removed", async () => {
  const submit = () =>
    galley.service.submit("local", { type: "relay", input: { text: "go" }, idempotencyKey: "click" });
  const age = (days: number) =>
    galley.test.query(
      "update generation_jobs set created_at = now() - make_interval(days => $1), completed_at = now() - make_interval(days => $1)",
      [days],
    );
  const { job } = await submit();
  await whenFinished(galley, job.id);
  await age(29);
  expect(await run()).toMatchObject({ jobs: 0 });
  expect(await submit()).toMatchObject({ job: { id: job.id }, replayed: true });
  await age(31);
  expect(await run()).toMatchObject({ jobs: 1 });
  expect((await submit()).replayed).toBe(false);
});

test("the SQL functions answer as they always did, and the cleanup does what the schedule would", async () => {
  const old = await finishedJob(31);
  const young = await finishedJob(2);
  const progress = await galley.test.query(
    "select get_job_progress($1) as row, get_job_progress('job_x') as missing",
    [old],
  );
  expect(progress.rows[0].row).toMatchObject({ id: old, status: "completed", percentage: 100 });
  expect(progress.rows[0].missing).toEqual({
    error: "Job not found",
    jobId: "job_x",
    timestamp: expect.any(String),
  });
  const told = await countRemovable(galley.database.db, thirtyDays);
  const removed = await galley.test.query("select cleanup_old_generation_jobs() as jobs");
  expect(removed.rows).toEqual([{ jobs: 1 }]);
  await expect(galley.service.find("local", old)).rejects.toMatchObject({ code: "gone" });
  expect(await eventsOf(young)).not.toContain("text");
  expect((await readCleanup(galley.database.db)).runs[0]).toMatchObject({ cause: "sql", removed: told });
});

test("what was spawned stays as long as any job above it, and a dry run says so", async () => {
  const [top = "", middle = "", leaf = ""] = await insertFinishedJobs(galley.test, 3, 40);
  const spawn =
    "update generation_jobs set parent_id = $2, parent_phase = 'first', spawn = 's', spawn_place = 0 where id = $1";
  await galley.test.query(spawn, [leaf, middle]);
  await galley.test.query(spawn, [middle, top]);
  const end = (daysAgo: number) =>
    galley.test.query("update generation_jobs set completed_at = now() - make_interval(days => $2) where id = $1", [
      top,
      daysAgo,
    ]);
  await end(1);
  expect(await countRemovable(galley.database.db, thirtyDays)).toMatchObject({ jobs: 0 });
  expect(await run()).toMatchObject({ jobs: 0 });
  await end(31);
  // Its key holds for a day, and what it has spawned with it.
  const key = "update generation_jobs set idempotency_key = 'k', created_at = $2 where id = $1";
  await galley.test.query(key, [top, new Date()]);
  expect(await countRemovable(galley.database.db, thirtyDays)).toMatchObject({ jobs: 0 });
  expect(await run()).toMatchObject({ jobs: 0 });
  await galley.test.query(key, [top, "2026-01-01"]);
  expect(await countRemovable(galley.database.db, thirtyDays)).toMatchObject({ jobs: 3 });
  expect(await run()).toMatchObject({ jobs: 3 });
});

test("the SQL function and a run of the schedule wait for each other, and neither undoes the other", async () => {
  await insertFinishedJobs(galley.test, 10, 31);
  const [holder, sql, pruner] = [0, 1, 2].map(() => new pg.Client({ connectionString: galley.test.url }));
  if (!holder || !sql || !pruner) throw new Error("There are three.");
  for (const client of [holder, sql, pruner]) await client.connect();
  const prune = "select removed from prune_finished_generation_jobs('text', $1, 500)";
  await pruner.query(prune, ["1 year"]);
  // The function stands where it has removed events, and has more to do.
  await holder.query("begin; lock table webhook_deliveries in exclusive mode");
  const removing = sql.query("select cleanup_old_generation_jobs() as jobs");
  const waiting = (count: number) =>
    eventually(
      () => lockWaits(galley.test),
      (pids) => pids.length === count,
    );
  await waiting(1);
  const pruning = pruner.query(prune, ["1 day"]);
  await waiting(2);
  await holder.query("commit");
  expect((await removing).rows).toEqual([{ jobs: 10 }]);
  expect((await pruning).rows).toEqual([{ removed: 0 }]);
  for (const client of [holder, sql, pruner]) await client.end();
});

test("jobs that are removed the moment they end, while others run, fail and are resumed, leave nothing behind", async () => {
  const ids: string[] = [];
  let isOver = false;
  const cleaning = (async () => {
    let removed = 0;
    while (!isOver) removed += (await run({ jobs: 0 })).jobs;
    return removed;
  })();
  for (let n = 0; n < 60; n++) {
    fails = n % 3 === 0;
    const { job } = await galley.service.submit("local", { type: "relay", input: { text: `job ${n}` } });
    ids.push(job.id);
    if (n % 4 === 0) await galley.service.cancel("local", job.id).catch(refusedAs("conflict", "gone"));
    if (n % 2 === 0) await galley.service.resume("local", job.id).catch(refusedAs("conflict", "gone"));
  }
  for (const id of ids) await whenFinished(galley, id).catch(refusedAs("gone"));
  isOver = true;
  const removed = await cleaning;
  expect(removed + (await run({ jobs: 0 })).jobs).toBe(60);

  const { rows } = await galley.test.query(
    `select (select count(*)::integer from generation_job_tombstones where id = any($1)) as remembered,
      (select count(*)::integer from generation_jobs) as jobs,
      (select count(*)::integer from generation_job_events) as events,
      (select count(*)::integer from generation_phases) as phases,
      (select count(*)::integer from generation_steps) as steps,
      (select count(*)::integer from galley_queue.job where data->>'jobId' = any($1) and state < 'completed') as queued`,
    [ids],
  );
  expect(rows).toEqual([{ remembered: 60, jobs: 0, events: 0, phases: 0, steps: 0, queued: 0 }]);
});

const refusedAs =
  (...codes: string[]) =>
  (error: unknown): void => {
    expect(codes).toContain((error as { code?: string }).code);
  };

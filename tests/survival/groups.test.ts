import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type pg from "pg";
import { z } from "zod";
import { defineJob, definePhase } from "../../src/author/index.ts";
import { type CountingModel, startCountingModel } from "../support/counting-model.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { layFuse, watch } from "../support/fuse.ts";
import {
  createGate,
  eventually,
  hurry,
  loseWorker,
  startTestGalley,
  type TestGalley,
  whenFinished,
} from "../support/galley.ts";
import { findViolations } from "../support/invariants.ts";
import { loseAnswer } from "../support/lost-answer.ts";

/*
 * What is ready at the same moment is written in one transaction. Here many jobs are let go at once, so that every
 * transaction has several of them.
 */

let go = createGate();
let running = 0;
const Input = z.object({ number: z.number() });
const together = definePhase({
  name: "together",
  input: Input,
  output: Input,
  retryLimit: 0,
  async run({ input }) {
    running++;
    await go.pass();
    return input;
  },
});
const after = definePhase({
  name: "after",
  input: Input,
  output: Input,
  retryLimit: 0,
  run: async ({ input }) => input,
});
const herd = defineJob({ type: "herd", description: "Ends together.", input: Input, phases: [together, after] });
const calling = definePhase({
  name: "calling",
  input: Input,
  output: Input,
  retryLimit: 0,
  async run({ input, step, model }) {
    await step("call", input, async () => {
      running++;
      await go.pass();
      return await model.text({ system: "Write.", user: "A line.", maxOutputTokens: 5_000 });
    });
    return input;
  },
});
const callers = defineJob({ type: "callers", description: "Calls together.", input: Input, phases: [calling] });

const size = 12;
let database: TestDatabase;
let desk: TestGalley;
let model: CountingModel;
beforeAll(async () => {
  database = await createTestDatabase();
  model = await startCountingModel();
  desk = await startTestGalley({ jobTypes: [herd, callers], test: database, env: { ROLES: "api" } });
});
afterAll(async () => {
  await desk.close();
  await model.close();
  await database.drop();
});

async function startHerd(
  type = "herd",
  optionsOf: (number: number) => object = () => ({}),
): Promise<{ worker: TestGalley; ids: string[] }> {
  go = createGate();
  running = 0;
  const submission = (number: number) => ({ type, input: { number }, ...optionsOf(number) });
  const submitted = await Promise.all(
    Array.from({ length: size }, (_, number) => desk.service.submit("local", submission(number))),
  );
  const env = { ...model.env, ROLES: "worker", WORKER_CONCURRENCY: String(size) };
  const worker = await startTestGalley({ jobTypes: [herd, callers], test: database, env });
  await eventually(
    () => running,
    (count) => count === size,
  );
  return { worker, ids: submitted.map(({ job }) => job.id) };
}

/** Statements that the worker sends from now on. */
function countStatements({ database: { pool } }: TestGalley, statement: RegExp): () => number {
  let count = 0;
  const watched = new Set<pg.PoolClient>();
  pool.on("acquire", (client) => {
    if (watched.has(client)) return;
    watched.add(client);
    watch(client, (text) => {
      if (statement.test(text)) count++;
    });
  });
  return () => count;
}

const statuses = async (ids: string[]): Promise<string[]> => {
  const jobs = await Promise.all(ids.map((id) => whenFinished(desk, id)));
  return jobs.map(({ status }) => status);
};
const all = (status: string) => Array.from({ length: size }, () => status);

const wrong = async (ids: string[]): Promise<string[]> => {
  const found = await Promise.all(ids.map((id) => findViolations(database.query, herd, id)));
  const { rows } = await database.query<{ id: string }>(
    "select job_id as id from generation_job_events where type = 'attempt_failed' and data->'error'->>'code' = 'internal' and job_id = any($1)",
    [ids],
  );
  return [...found.flat().filter((line) => !line.includes("article")), ...rows.map(({ id }) => `${id}: internal`)];
};

test("jobs that end at the same moment are written in a few statements for all", async () => {
  const { worker, ids } = await startHerd();
  const updates = countStatements(worker, /update generation_jobs/);
  go.open();
  expect(await statuses(ids)).toEqual(all("completed"));
  // Two endings and a start for each job: together that is a handful.
  expect(updates()).toBeGreaterThan(1);
  expect(updates()).toBeLessThan(size);
  await worker.close();
  expect(await wrong(ids)).toEqual([]);
}, 60_000);

test("an ending that the database refuses fails alone", async () => {
  const { worker, ids } = await startHerd();
  await database.query(`
    create function refuse() returns trigger language plpgsql as $$
    begin
      if new.output->>'number' = '5' then raise exception 'not this one'; end if;
      return new;
    end $$`);
  await database.query(
    "create trigger refuse before insert on generation_phases for each row execute function refuse()",
  );
  go.open();
  const outcome = await statuses(ids);
  await database.query("drop function refuse cascade");
  await worker.close();
  expect(outcome).toEqual(all("completed").with(5, "failed"));
  expect(await desk.service.find("local", ids[5] ?? "")).toMatchObject({ errorCode: "internal", attempts: 1 });
}, 60_000);

test("calls that begin at the same moment are opened in a few statements, and one that is refused fails alone", async () => {
  const poor = size - 2;
  const { worker, ids } = await startHerd("callers", (number) =>
    number === poor ? { maxCostUsd: "0.000001" } : {},
  );
  const inserts = countStatements(worker, /insert into provider_calls/);
  go.open();
  const jobs = await Promise.all(ids.map((id) => whenFinished(desk, id)));
  await worker.close();
  const refused = { errorCode: "budget_exceeded" };
  expect(jobs.map(({ errorCode }) => ({ errorCode }))).toEqual(
    Array.from({ length: size }, () => ({ errorCode: null })).with(poor, refused as never),
  );
  expect(inserts()).toBeGreaterThan(0);
  expect(inserts()).toBeLessThan(size / 2);
});

test("a job whose row is locked keeps none of the others waiting", async () => {
  const { worker, ids } = await startHerd();
  const [locked = "", ...others] = ids;
  await database.query("begin");
  await database.query("select from generation_jobs where id = $1 for update", [locked]);
  go.open();
  expect(await statuses(others)).toEqual(all("completed").slice(1));
  expect(await desk.service.find("local", locked)).toMatchObject({ status: "processing" });
  await database.query("commit");
  expect(await statuses([locked])).toEqual(["completed"]);
  await worker.close();
}, 60_000);

test("a worker that lost one of its jobs writes the others, and nothing of that one", async () => {
  const { worker, ids } = await startHerd();
  await Promise.all(ids.slice(0, 3).map((id) => desk.service.cancel("local", id)));
  go.open();
  const cancelled = all("completed").fill("cancelled", 0, 3);
  expect(await statuses(ids)).toEqual(cancelled);
  await worker.close();
  expect(await wrong(ids)).toEqual([]);
}, 60_000);

test("a worker may die before any statement of a group: every job completes once", async () => {
  let points = 0;
  for (; ; points++) {
    const { worker, ids } = await startHerd("herd", () => ({ maxAttempts: 3 }));
    const fuse = layFuse(worker, points + 1);
    fuse.light();
    go.open();
    const died = await Promise.race([fuse.blown.then(() => true), statuses(ids).then(() => false)]);
    await worker.close();
    if (!died) break;
    for (const id of ids) await loseWorker(desk, id);
    await desk.queue.supervise();
    const env = { ROLES: "worker", WORKER_CONCURRENCY: String(size) };
    const successor = await startTestGalley({ jobTypes: [herd, callers], test: database, env });
    for (const id of ids) await hurry(desk, id);
    expect(await statuses(ids)).toEqual(all("completed"));
    await successor.close();
    expect(await wrong(ids)).toEqual([]);
  }
  expect(points).toBeGreaterThan(10);
}, 180_000);

test("the answer to any commit of a group may be lost: every job completes once", async () => {
  let points = 0;
  for (; ; points++) {
    const { worker, ids } = await startHerd("herd", () => ({ maxAttempts: 3 }));
    const loss = loseAnswer(worker.database.pool, /^commit/, points + 1);
    go.open();
    const recovered = loss.happened.then(() => giveUpLostClaims(ids));
    expect(await statuses(ids)).toEqual(all("completed"));
    await worker.close();
    if (!loss.hasHappened()) break;
    await recovered;
    expect(await wrong(ids)).toEqual([]);
  }
  expect(points).toBeGreaterThanOrEqual(2);
}, 180_000);

/** The worker does not know of a claim whose answer was lost: it lapses. */
async function giveUpLostClaims(ids: string[]): Promise<void> {
  const claimed = `
    select job.id from generation_jobs job
    join galley_queue.job queued on queued.id = job.queue_job_id and queued.state = 'active'
    where job.id = any($1) and job.phase = 'after' and job.last_updated < now() - interval '1 second'`;
  const lost = await eventually(
    async () => {
      const [claims, live] = [await database.query<{ id: string }>(claimed, [ids]), await liveJobs(ids)];
      return live === 0 ? [] : claims.rows.length > 0 ? claims.rows : null;
    },
    (rows) => rows !== null,
  );
  for (const { id } of lost ?? []) await loseWorker(desk, id);
  if (lost?.length) await desk.queue.supervise();
  for (const { id } of lost ?? []) await hurry(desk, id);
}

async function liveJobs(ids: string[]): Promise<number> {
  const { rows } = await database.query<{ live: number }>(
    "select count(*)::integer as live from generation_jobs where id = any($1) and status in ('pending', 'processing')",
    [ids],
  );
  return rows[0]?.live ?? 0;
}

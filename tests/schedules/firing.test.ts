import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { z } from "zod";
import { InputError } from "../../src/errors.ts";
import { createLog } from "../../src/log/log.ts";
import { fireDue } from "../../src/schedules/fire.ts";
import { eventually, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { lockWaits } from "../support/lock-waits.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
const log = createLog("silent");
const picky = {
  ...relay(),
  type: "picky",
  async prepare(_tx: unknown, input: unknown) {
    const { text } = z.object({ text: z.string() }).parse(input);
    if (text === "gone") throw new InputError("/text", "there is no such text");
    if (text === "broken") throw new TypeError("not a function");
    return { text };
  },
};
beforeAll(async () => {
  // Nothing fires but what a test asks for.
  galley = await startTestGalley({ jobTypes: [relay(), picky], env: { ROLES: "api" } });
});
beforeEach(() => galley.test.query("delete from schedules"));
afterAll(() => galley.close());

const hourly = { type: "relay", input: { text: "go" }, cron: "0 * * * *" };
const create = async (more: object = {}) =>
  (
    await request(galley.url)
      .post("/v1/schedules")
      .send({ ...hourly, ...more })
      .expect(201)
  ).body;
const read = async (id: string) => (await request(galley.url).get(`/v1/schedules/${id}`).expect(200)).body;
const jobsOf = async (id: string) =>
  (await request(galley.url).get(`/v1/jobs?scheduleId=${id}&include=input`).expect(200)).body.data;
/** How many statements wait for a lock. */
const waits = async () => (await lockWaits(galley.database.pool)).length;
const fire = (from = galley) => fireDue({ ...from, db: from.database.db, log });

/** Makes it due since then, as SQL says it. Returns that moment. */
async function makeDue(id: string, since = "date_trunc('milliseconds', now())"): Promise<string> {
  const { rows } = await galley.test.query(
    `update schedules set next_run_at = ${since} where id = $1 returning *`,
    [id],
  );
  return rows[0].next_run_at.toISOString();
}
const fullHour = (hoursAgo: number) => `date_trunc('hour', now()) - interval '${hoursAgo} hours'`;
const onTheHour = (hoursAgo: number) =>
  new Date(Math.floor(Date.now() / 3_600_000 - hoursAgo) * 3_600_000).toISOString();

test("an occurrence is a job with the schedule's input and options, and the next one is waited for", async () => {
  const { id } = await create({ priority: 7, maxCostUsd: "0.25", tags: ["hourly"] });
  const due = await makeDue(id);
  expect(await fire()).toBe(1);
  const [job, ...others] = await jobsOf(id);
  expect(others).toEqual([]);
  expect(job).toMatchObject({
    type: "relay",
    status: "pending",
    scheduleId: id,
    input: { text: "go" },
    priority: 7,
    maxCostUsd: "0.250000000000",
    tags: ["hourly"],
  });
  expect(await read(id)).toMatchObject({
    lastRunAt: due,
    lastJobId: job.id,
    nextRunAt: onTheHour(-1),
    missedCount: 0,
  });
  expect(await fire()).toBe(0);
  expect(await jobsOf(id)).toHaveLength(1);
});

test("after an outage of hours one job stands for all that was missed, and the row says how many", async () => {
  const { id } = await create();
  await makeDue(id, fullHour(6));
  await fire();
  const [job, ...others] = await jobsOf(id);
  expect(others).toEqual([]);
  expect(await read(id)).toMatchObject({
    lastRunAt: onTheHour(0),
    lastJobId: job.id,
    nextRunAt: onTheHour(-1),
    missedCount: 6,
    lastMissedAt: onTheHour(1),
  });
});

test("what was missed is skipped where that is wished, and the row says how many", async () => {
  // Never within the minute in which it would be run.
  const minute = (new Date().getUTCMinutes() + 30) % 60;
  const { id } = await create({ missed: "skip", cron: `${minute} * * * *` });
  await galley.test.query("update schedules set next_run_at = next_run_at - interval '4 hours' where id = $1", [
    id,
  ]);
  await fire();
  expect(await jobsOf(id)).toEqual([]);
  const row = await read(id);
  expect(row).toMatchObject({ lastRunAt: null, lastJobId: null, missedCount: 4, lastError: null });
  expect(Date.parse(row.nextRunAt) - Date.parse(row.lastMissedAt)).toBe(3_600_000);
});

test("a paused schedule submits nothing, and what passes meanwhile is not missed", async () => {
  const { id } = await create();
  await makeDue(id, fullHour(3));
  await request(galley.url).patch(`/v1/schedules/${id}`).send({ paused: true }).expect(200);
  expect(await fire()).toBe(0);
  await request(galley.url).patch(`/v1/schedules/${id}`).send({ paused: false }).expect(200);
  expect(await fire()).toBe(0);
  expect(await read(id)).toMatchObject({ nextRunAt: onTheHour(-1), missedCount: 0, lastJobId: null });
});

test("what is due when its times are changed is submitted once, and then come the new times", async () => {
  const { id } = await create();
  const due = await makeDue(id);
  const changed = await request(galley.url).patch(`/v1/schedules/${id}`).send({ cron: "30 4 * * *" }).expect(200);
  expect(changed.body).toMatchObject({ cron: "30 4 * * *", nextRunAt: due });
  expect(await fire()).toBe(1);
  expect(await jobsOf(id)).toHaveLength(1);
  expect(await read(id)).toMatchObject({ lastRunAt: due, nextRunAt: expect.stringMatching(/T04:30:00.000Z$/) });
  expect(await fire()).toBe(0);
});

test("an occurrence that is being submitted when its times are changed is not submitted again", async () => {
  const { query } = galley.test;
  const { id } = await create();
  await makeDue(id);
  await query("begin");
  await query("lock table generation_jobs in share mode");
  const firing = fire();
  await eventually(waits, (count) => count === 1);
  const changing = request(galley.url)
    .patch(`/v1/schedules/${id}`)
    .send({ cron: "30 4 * * *" })
    .then(({ body }) => body);
  await eventually(waits, (count) => count === 2);
  await query("rollback");
  expect(await firing).toBe(1);
  expect(await changing).toMatchObject({ nextRunAt: expect.stringMatching(/T04:30:00.000Z$/) });
  expect(await fire()).toBe(0);
  expect(await jobsOf(id)).toHaveLength(1);
});

test("an input that fits no more is said in the row, and holds up no other schedule", async () => {
  const [misfit, other] = [await create(), await create()];
  await galley.test.query("update schedules set input = '{\"words\":5}' where id = $1", [misfit.id]);
  const due = await makeDue(misfit.id);
  await makeDue(other.id);
  expect(await fire()).toBe(2);
  expect(await jobsOf(other.id)).toHaveLength(1);
  expect(await jobsOf(misfit.id)).toEqual([]);
  expect(await read(misfit.id)).toMatchObject({
    lastJobId: null,
    nextRunAt: onTheHour(-1),
    missedCount: 0,
    lastError: {
      code: "invalid_input",
      detail: 'The input does not fit the type "relay".',
      errors: [{ pointer: "/input/text" }],
      occurrence: due,
    },
  });
  // Mended, the next occurrence is accepted.
  await request(galley.url)
    .patch(`/v1/schedules/${misfit.id}`)
    .send({ input: { text: "again" } })
    .expect(200);
  await makeDue(misfit.id);
  await fire();
  expect(await read(misfit.id)).toMatchObject({ lastError: null, lastJobId: expect.any(String) });
});

test.each([
  ["gone", { code: "invalid_input", errors: [{ pointer: "/input/text", message: "there is no such text" }] }],
  ["broken", { code: "internal", detail: "Something went wrong on our side", errors: [] }],
])("what the type itself refuses, or stumbles over, is said in the row: %s", async (text, said) => {
  const { id } = await create({ type: "picky", input: { text } });
  const other = await create();
  await makeDue(id);
  await makeDue(other.id);
  expect(await fire()).toBe(2);
  expect(await read(id)).toMatchObject({ lastError: said, lastJobId: null, nextRunAt: onTheHour(-1) });
  expect(await jobsOf(other.id)).toHaveLength(1);
});

test("a type that no process knows is waited for, and then it is said", async () => {
  const { id } = await create();
  await galley.test.query("update schedules set type = 'poem' where id = $1", [id]);
  await makeDue(id);
  expect(await fire()).toBe(0);
  expect((await read(id)).lastError).toBeNull();
  await makeDue(id, "now() - interval '11 minutes'");
  expect(await fire()).toBe(1);
  expect(await read(id)).toMatchObject({ lastError: { code: "unknown_type" }, lastJobId: null });
});

test("metrics count what was submitted, missed and refused", async () => {
  const counted = async () =>
    Object.fromEntries(
      (await galley.metrics.registry.getSingleMetric("galley_schedule_occurrences_total")?.get())?.values.map(
        ({ labels, value }) => [labels.outcome, value],
      ) ?? [],
    );
  galley.metrics.registry.resetMetrics();
  const [ran, misfit] = [await create(), await create()];
  await galley.test.query("update schedules set input = '{}' where id = $1", [misfit.id]);
  await makeDue(ran.id, fullHour(3));
  await makeDue(misfit.id);
  await fire();
  expect(await counted()).toEqual({ submitted: 1, missed: 3, refused: 1 });
});

test("a zone that is known no more pauses its schedule, and holds up no other", async () => {
  const [lost, other] = [await create(), await create()];
  await galley.test.query("update schedules set time_zone = 'Europe/Atlantis' where id = $1", [lost.id]);
  await makeDue(lost.id);
  await makeDue(other.id);
  expect(await fire()).toBe(2);
  expect(await read(lost.id)).toMatchObject({
    paused: true,
    lastError: { code: "invalid_input", detail: expect.stringContaining('got "Europe/Atlantis"') },
  });
  expect(await jobsOf(other.id)).toHaveLength(1);
});

test("a deleted schedule submits nothing, and its jobs stay", async () => {
  const { id } = await create();
  await makeDue(id);
  await fire();
  await request(galley.url).delete(`/v1/schedules/${id}`).expect(204);
  expect(await fire()).toBe(0);
  expect(await jobsOf(id)).toHaveLength(1);
});

test("a worker fires at the time, and a paused type holds its jobs back and not the schedule", async () => {
  const [id, held] = [(await create()).id, (await create({ type: "picky" })).id];
  await request(galley.url).post("/v1/pauses").send({ type: "picky" }).expect(201);
  const worker = await startTestGalley({ jobTypes: [relay(), picky], test: galley.test, env: { ROLES: "worker" } });
  try {
    await galley.test.query("update schedules set next_run_at = now() + interval '1 second'");
    const [job] = await eventually(
      () => jobsOf(id),
      (jobs) => jobs.length > 0,
    );
    expect(await whenFinished(galley, job.id)).toMatchObject({ status: "completed" });
    const { rows } = await galley.test.query(
      "select extract(epoch from job.created_at - last_run_at)::float8 as late from generation_jobs job join schedules on schedule_id = schedules.id where schedules.id = $1",
      [id],
    );
    expect(rows[0].late).toBeGreaterThanOrEqual(0);
    // Beyond it the timer was not heard, and the look every five seconds has found it.
    expect(rows[0].late).toBeLessThan(4);
    const [waiting] = await eventually(
      () => jobsOf(held),
      (jobs) => jobs.length > 0,
    );
    expect(waiting).toMatchObject({ status: "pending", attempts: 0 });
    await request(galley.url).delete("/v1/pauses/type:picky").expect(204);
    expect(await whenFinished(galley, waiting.id)).toMatchObject({ status: "completed" });
  } finally {
    await worker.close();
  }
});

test("a drain fires what is due, and runs it", async () => {
  const { id } = await create();
  await makeDue(id, fullHour(2));
  expect((await request(galley.url).post("/v1/drain?budgetSeconds=50").expect(200)).body).toEqual({ live: 0 });
  const [job] = await jobsOf(id);
  expect(job).toMatchObject({ status: "completed" });
});

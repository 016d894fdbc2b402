import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { createClient, GalleyError } from "../../src/client/index.ts";
import { mostSchedules } from "../../src/schedules/schedules.ts";
import { eventually, startTestGalley, type TestGalley } from "../support/galley.ts";
import { lockWaits } from "../support/lock-waits.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api" } });
});
beforeEach(() => galley.test.query("delete from schedules"));
afterAll(() => galley.close());

const daily = { type: "relay", input: { text: "go" }, cron: "30 2 * * *", timeZone: "Europe/Berlin" };
const create = (more: object = {}) =>
  request(galley.url)
    .post("/v1/schedules")
    .send({ ...daily, ...more });
const change = (id: string, changes: object) => request(galley.url).patch(`/v1/schedules/${id}`).send(changes);
const read = async (path: string) => (await request(galley.url).get(`/v1/schedules${path}`).expect(200)).body;

test("a schedule is made, read, listed and deleted", async () => {
  const created = await create({ missed: "skip", priority: 5, maxCostUsd: "0.5", tags: ["nightly"] }).expect(201);
  const { id } = created.body;
  expect(created.get("Location")).toBe(`/v1/schedules/${id}`);
  expect(created.body).toEqual({
    ...daily,
    id,
    missed: "skip",
    paused: false,
    priority: 5,
    maxCostUsd: "0.500000000000",
    tags: ["nightly"],
    nextRunAt: expect.stringMatching(/T0[01]:30:00.000Z$/),
    lastRunAt: null,
    lastJobId: null,
    missedCount: 0,
    lastMissedAt: null,
    lastError: null,
    createdAt: expect.any(String),
    updatedAt: expect.any(String),
    urls: {
      self: `/v1/schedules/${id}`,
      next: `/v1/schedules/${id}/next`,
      jobs: `/v1/jobs?scheduleId=${id}`,
    },
  });
  expect(Date.parse(created.body.nextRunAt)).toBeGreaterThan(Date.now() - 60_000);
  expect(await read(`/${id}`)).toEqual(created.body);
  const { input, ...listed } = created.body;
  expect(await read("")).toEqual({ data: [listed] });
  await request(galley.url).delete(`/v1/schedules/${id}`).expect(204);
  expect(await read("")).toEqual({ data: [] });
  await request(galley.url).delete(`/v1/schedules/${id}`).expect(404);
});

test("by default a schedule is in UTC and makes up once for what was missed", async () => {
  const { timeZone, ...given } = daily;
  const { body } = await request(galley.url).post("/v1/schedules").send(given).expect(201);
  expect(body).toMatchObject({ timeZone: "UTC", missed: "once", paused: false, priority: 0, tags: [] });
});

test("a preview begins with what comes next, on the clock of the zone", async () => {
  const { body } = await create({ paused: true });
  expect(body).toMatchObject({ paused: true, nextRunAt: null });
  const resumed = (await change(body.id, { paused: false }).expect(200)).body;
  const { data } = await read(`/${body.id}/next?count=100`);
  expect(data).toHaveLength(100);
  expect(data[0]).toEqual({ at: resumed.nextRunAt, local: expect.stringMatching(/T0[23]:[03]0:00\+0[12]:00$/) });
  expect((await read(`/${body.id}/next`)).data).toEqual(data.slice(0, 10));
  await request(galley.url).get(`/v1/schedules/${body.id}/next?count=0`).expect(400);
});

test("what is changed comes at its new times, and what is left out stays", async () => {
  const { body } = await create();
  const changed = (await change(body.id, { cron: "0 12 * * *", timeZone: "Asia/Kolkata" }).expect(200)).body;
  expect(changed).toEqual({
    ...body,
    cron: "0 12 * * *",
    timeZone: "Asia/Kolkata",
    nextRunAt: expect.stringMatching(/T06:30:00.000Z$/),
    updatedAt: changed.updatedAt,
  });
  expect((await change(body.id, { maxCostUsd: "1", tags: ["a"] }).expect(200)).body).toMatchObject({
    maxCostUsd: "1.000000000000",
    tags: ["a"],
    nextRunAt: changed.nextRunAt,
  });
  expect((await change(body.id, { maxCostUsd: null }).expect(200)).body).toMatchObject({ maxCostUsd: null });
});

test("all that is wrong with a schedule is said at once, and nothing is written", async () => {
  const { body } = await create({ cron: "* * * *", timeZone: "UTC+2", input: { words: 5 } }).expect(400);
  expect(body).toMatchObject({ code: "invalid_input", detail: "The schedule is not valid." });
  expect(body.errors).toEqual([
    { pointer: "/cron", message: expect.stringMatching(/^expected five fields .*, got 4: "\* \* \* \*"$/) },
    { pointer: "/timeZone", message: 'expected a time zone like "Europe/Berlin" or "UTC", got "UTC+2"' },
    { pointer: "/input/text", message: expect.any(String) },
  ]);
  expect((await create({ type: "poem" }).expect(400)).body.code).toBe("unknown_type");
  expect((await create({ colour: "red" }).expect(400)).body.errors[0].pointer).toBe("/colour");
  expect(await read("")).toEqual({ data: [] });
});

test("a change that does not fit changes nothing", async () => {
  const { body } = await create();
  for (const [pointer, changes] of [
    ["/input/text", { input: {} }],
    ["/cron", { cron: "0 0 30 2 *" }],
    ["/timeZone", { timeZone: "Moon", paused: true }],
  ] as const) {
    const refused = await change(body.id, changes).expect(400);
    expect(refused.body.errors[0].pointer).toBe(pointer);
  }
  expect(await read(`/${body.id}`)).toEqual(body);
});

test("a schedule whose stored input fits no more can be paused, and is mended by an input that fits", async () => {
  const { body } = await create();
  await galley.test.query("update schedules set input = '{}', last_error = $1", [
    { code: "invalid_input", detail: "No.", errors: [], occurrence: body.createdAt, at: body.createdAt },
  ]);
  expect((await change(body.id, { paused: true }).expect(200)).body.lastError).toMatchObject({ detail: "No." });
  expect((await change(body.id, { input: daily.input }).expect(200)).body.lastError).toBeNull();
});

test("a schedule whose zone is known no more says so when it is resumed or previewed, and is mended by another zone", async () => {
  const { body } = await create({ paused: true });
  await galley.test.query("update schedules set time_zone = 'Europe/Atlantis'");
  for (const refused of [
    await change(body.id, { paused: false }).expect(409),
    await request(galley.url).get(`/v1/schedules/${body.id}/next`).expect(409),
  ]) {
    expect(refused.body).toMatchObject({
      code: "conflict",
      detail: expect.stringMatching(/^The schedule has no times any more: .*, got "Europe\/Atlantis"\.$/),
    });
  }
  expect(await read(`/${body.id}`)).toMatchObject({ paused: true, updatedAt: body.updatedAt });
  const resumed = (await change(body.id, { paused: false, timeZone: "Europe/Berlin" }).expect(200)).body;
  expect(resumed).toMatchObject({ paused: false, nextRunAt: expect.stringMatching(/T0[01]:30:00.000Z$/) });
});

const makeSchedules = (count: number) =>
  galley.test.query(
    "insert into schedules (id, tenant, type, input, cron, time_zone, missed) select gen_random_uuid(), 'local', 'relay', '{}', '0 6 * * *', 'UTC', 'once' from generate_series(1, $1)",
    [count],
  );

test("a tenant has a hundred schedules and no more", async () => {
  await makeSchedules(mostSchedules);
  const { body } = await create().expect(400);
  expect(body.detail).toBe("A tenant may have 100 schedules: remove one first.");
});

test("of schedules that are made at once no more than a hundred are kept", async () => {
  await makeSchedules(mostSchedules - 1);
  // Until all of them have counted, or wait for their turn, none can write.
  await galley.test.query("begin");
  await galley.test.query("lock table schedules in share mode");
  const creating = Promise.all(Array.from({ length: 4 }, () => create()));
  await eventually(
    () => lockWaits(galley.database.pool),
    (waiting) => waiting.length === 4,
  );
  await galley.test.query("rollback");
  expect((await creating).map(({ status }) => status).toSorted()).toEqual([201, 400, 400, 400]);
  expect((await read("")).data).toHaveLength(mostSchedules);
});

test("the client makes, previews, pauses and removes schedules", async () => {
  const client = createClient<[ReturnType<typeof relay>]>({ baseUrl: galley.url });
  const { id } = await client.schedules.create(daily);
  expect(await client.schedules.next(id, { count: 3 })).toMatchObject({ data: { length: 3 } });
  expect(await client.schedules.change(id, { paused: true })).toMatchObject({ id, paused: true });
  expect(await client.schedules.get(id)).toMatchObject({ id, paused: true });
  expect((await client.schedules.list()).data.map((one) => one.id)).toEqual([id]);
  await client.schedules.delete(id);
  await expect(client.schedules.get(id)).rejects.toThrow(GalleyError);
});

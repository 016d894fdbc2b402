import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { createKey } from "../../src/access/keys.ts";
import { usualScopes } from "../../src/access/scopes.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { eventually, startTestGalley, type TestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let database: TestDatabase;
let galleys: TestGalley[];
beforeEach(async () => {
  database = await createTestDatabase();
  galleys = [];
});
afterEach(async () => {
  for (const galley of galleys) await galley.close();
  await database.drop();
});

async function start(RATE_LIMIT_PER_MINUTE: number): Promise<TestGalley> {
  const env = { ROLES: "api", RATE_LIMIT_PER_MINUTE: String(RATE_LIMIT_PER_MINUTE) };
  const galley = await startTestGalley({ jobTypes: [relay()], test: database, env });
  galleys.push(galley);
  return galley;
}

const makeKey = ({ database: { db } }: TestGalley) => createKey(db, "acme", usualScopes);

const read = (galley: TestGalley, key: string, path = "/v1/types") =>
  request(galley.url).get(path).set("Authorization", `Bearer ${key}`);

/** So that what follows fits into one minute. */
const earlyInMinute = () =>
  eventually(
    () => database.query("select extract(second from now())::float8 as second"),
    ({ rows }) => rows[0].second < 45,
  );

test("a key's requests are counted over all processes, to the very number, with few statements", async () => {
  const processes = [await start(500), await start(500)];
  const [one] = processes as [TestGalley];
  const [key, other] = [await makeKey(one), await makeKey(one)];
  let statements = 0;
  for (const { database } of processes) {
    const { pool } = database;
    const query = pool.query.bind(pool) as (statement: { text?: string }) => Promise<unknown>;
    Object.assign(pool, {
      query(statement: { text?: string }) {
        if (statement.text?.includes("insert into api_key_minutes")) statements++;
        return query(statement);
      },
    });
  }
  await earlyInMinute();
  const answers = await Promise.all(
    Array.from({ length: 800 }, (_, index) => read(processes[index % 2] as TestGalley, key)),
  );
  const statuses = answers.map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(500);
  expect(statuses.filter((status) => status === 429)).toHaveLength(300);
  // A block is five requests, and each process takes one in vain.
  expect(statements).toBeLessThanOrEqual(102);
  expect((await read(one, other)).status).toBe(200);
}, 60_000);

test("answers say what is left, and a refused one when to come back", async () => {
  const galley = await start(3);
  const [key, other] = [await makeKey(galley), await makeKey(galley)];
  await earlyInMinute();
  const first = await read(galley, key);
  expect(first.headers.ratelimit).toMatch(/^"minute"; r=2; t=\d+$/);
  expect(first.headers["ratelimit-policy"]).toMatch(/^"minute"; q=3; w=60; pk=:[\w=]+:$/);
  expect((await read(galley, other)).headers["ratelimit-policy"]).not.toBe(first.headers["ratelimit-policy"]);
  await read(galley, key);
  await read(galley, key, "/v1/nothing");
  const refused = await read(galley, key);
  expect(refused.headers["content-type"]).toMatch(/^application\/problem\+json/);
  expect(refused.body).toMatchObject({
    status: 429,
    code: "rate_limited",
    detail: "A key may send 3 requests within a minute.",
  });
  expect(refused.headers.ratelimit).toMatch(/^"minute"; r=0; t=\d+$/);
  const seconds = Number(refused.headers["retry-after"]);
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(60);
  const legacy = await read(galley, key, "/api/ai/v2-queue");
  expect([legacy.status, legacy.body]).toEqual([429, { error: "A key may send 3 requests within a minute." }]);
  expect((await read(galley, other)).status).toBe(200);
});

test("with the next minute a key begins anew, and what another process has taken of it counts", async () => {
  const before = await start(3);
  const key = await makeKey(before);
  await earlyInMinute();
  for (const status of [200, 200, 200, 429]) expect((await read(before, key)).status).toBe(status);
  expect((await read(await start(3), key)).status).toBe(429);
  await database.query("update api_key_minutes set minute = minute - interval '1 minute'");
  const after = await start(3);
  for (const status of [200, 200, 200, 429]) expect((await read(after, key)).status).toBe(status);
});

test("0 is no limit, and this machine without keys has none", async () => {
  const open = await start(1);
  for (let time = 0; time < 3; time++) {
    const answer = await request(open.url).get("/v1/types");
    expect([answer.status, answer.headers.ratelimit]).toEqual([200, undefined]);
  }
  const unlimited = await start(0);
  const key = await makeKey(unlimited);
  expect((await read(unlimited, key)).headers.ratelimit).toBeUndefined();
});

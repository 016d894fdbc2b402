import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { createKey, listKeys, revokeKey } from "../../src/access/keys.ts";
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

async function start(env: Record<string, string> = {}): Promise<TestGalley> {
  const galley = await startTestGalley({ jobTypes: [relay()], test: database, env: { ROLES: "api", ...env } });
  galleys.push(galley);
  return galley;
}

const makeKey = ({ database: { db } }: TestGalley) => createKey(db, "acme", usualScopes);

const read = (galley: TestGalley, key?: string) =>
  request(galley.url)
    .get("/v1/jobs")
    .set(key === undefined ? {} : { Authorization: `Bearer ${key}` });

test("without any key this machine is let in, as the tenant local, until the first key is made", async () => {
  const galley = await start();
  const other = await start();
  expect((await read(galley)).status).toBe(200);
  expect((await read(other)).status).toBe(200);
  const key = await makeKey(galley);
  for (const one of galleys) {
    const refused = await eventually(
      () => read(one),
      ({ status }) => status !== 200,
      3,
    );
    expect([refused.status, refused.body.code]).toEqual([401, "unauthorized"]);
    expect((await read(one, key)).status).toBe(200);
  }
});

test("a revoked last key does not open the service again", async () => {
  const galley = await start();
  const [, id = ""] = (await makeKey(galley)).split("_");
  await revokeKey(galley.database.db, id);
  expect((await read(await start())).status).toBe(401);
});

test("a revoked key is refused by every process, a second later at most", async () => {
  const [one, two] = [await start(), await start()];
  const [key, kept] = [await makeKey(one), await makeKey(one)];
  for (const galley of galleys) expect((await read(galley, key)).status).toBe(200);
  const [, id = ""] = key.split("_");
  expect(await revokeKey(one.database.db, id)).toBe(true);
  for (const galley of [one, two]) {
    await eventually(
      () => read(galley, key),
      ({ status }) => status === 401,
      2,
    );
    expect((await read(galley, kept)).status).toBe(200);
  }
  expect(await revokeKey(one.database.db, id)).toBe(false);
});

test("the database holds no secret, and shows when a key was used", async () => {
  const galley = await start();
  const key = await makeKey(galley);
  const [, id, secret = ""] = key.split("_");
  expect(key).toMatch(/^glly_[0-9a-f]{16}_[0-9a-f]{48}$/);
  const { rows } = await database.query("select to_jsonb(k)::text as row from api_keys k");
  expect(rows[0].row).not.toContain(secret);
  expect(await listKeys(galley.database.db)).toMatchObject([{ id, lastUsedAt: null, revokedAt: null }]);
  await read(galley, key);
  const [used] = await eventually(
    () => listKeys(galley.database.db),
    ([first]) => first?.lastUsedAt !== null,
  );
  expect(Date.now() - (used?.lastUsedAt?.getTime() ?? 0)).toBeLessThan(60_000);
});

test("a use is written once a minute at most, and a wrong secret is none", async () => {
  const key = await makeKey(await start());
  const ageUse = (seconds: number) =>
    database.query("update api_keys set last_used_at = now() - make_interval(secs => $1)", [seconds]);
  /** How often a process that starts now writes a use down, for three requests. */
  const usesWritten = async (shown: string): Promise<number> => {
    const galley = await start();
    const { pool } = galley.database;
    const query = pool.query.bind(pool) as (statement: { text?: string }) => Promise<unknown>;
    let count = 0;
    Object.assign(pool, {
      query(statement: { text?: string }) {
        if (statement.text?.includes("update api_keys")) count++;
        return query(statement);
      },
    });
    for (let time = 0; time < 3; time++) await read(galley, shown);
    return count;
  };
  expect(await usesWritten(`${key.slice(0, -4)}0000`)).toBe(0);
  expect(await usesWritten(key)).toBe(1);
  await ageUse(50);
  expect(await usesWritten(key)).toBe(0);
  await ageUse(70);
  expect(await usesWritten(key)).toBe(1);
});

test("an address that sends too many wrong keys is told to wait, and keys in use there go on", async () => {
  const galley = await start();
  const [used, unused] = [await makeKey(galley), await makeKey(galley)];
  expect((await read(galley, used)).status).toBe(200);
  const wrong = () => read(galley, `glly_${"0".repeat(16)}_${"0".repeat(48)}`);
  const statuses: number[] = [];
  for (let count = 0; count < 22; count++) statuses.push((await wrong()).status);
  expect(statuses).toEqual([...Array(20).fill(401), 429, 429]);
  const limited = await wrong();
  expect(limited.body).toMatchObject({ code: "rate_limited", status: 429 });
  expect(Number(limited.headers["retry-after"])).toBeGreaterThan(0);
  expect(Number(limited.headers["retry-after"])).toBeLessThanOrEqual(60);
  expect((await read(galley, unused)).status).toBe(429);
  expect((await read(galley, used)).status).toBe(200);
  // Without a key no look at the database is needed, and none is counted.
  expect((await read(galley)).status).toBe(401);
});

test("while the database cannot say, nothing is let in", async () => {
  const galley = await start();
  const key = await makeKey(galley);
  expect((await read(galley, key)).status).toBe(200);
  await database.query("alter table api_keys rename to api_keys_away");
  await eventually(
    () => read(galley, key),
    ({ status }) => status === 500,
  );
  await database.query("alter table api_keys_away rename to api_keys");
  await eventually(
    () => read(galley, key),
    ({ status }) => status === 200,
  );
});

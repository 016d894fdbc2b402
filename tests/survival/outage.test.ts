import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { createKey, revokeKey } from "../../src/access/keys.ts";
import type { PhaseContext } from "../../src/author/index.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createGate, eventually, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { type Line, openLine } from "../support/line.ts";
import { relay } from "../support/types.ts";

let database: TestDatabase;
let line: Line;
let galley: TestGalley;
beforeEach(async () => {
  database = await createTestDatabase();
  line = await openLine(database.url);
});
afterEach(async () => {
  line.mend();
  await galley.close();
  await line.close();
  await database.drop();
});

type Given = PhaseContext<{ text: string }>;

async function start(first: (given: Given) => Promise<{ text: string }>, policy = {}): Promise<void> {
  galley = await startTestGalley({ jobTypes: [relay({ first }, policy)], test: { ...database, url: line.url } });
}
const submit = async () => (await galley.service.submit("local", { type: "relay", input: { text: "go" } })).job.id;

test("with the database away, requests get 503 with Retry-After; what was paid meanwhile is kept", async () => {
  const gate = createGate();
  const paid: number[] = [];
  await start(async ({ input, step }) => {
    await step("paid", input, async () => {
      paid.push(1);
      await gate.pass();
    });
    return input;
  });
  const id = await submit();
  await gate.reached;
  line.cut();
  gate.open();

  const refused = await request(galley.url).get(`/v1/jobs/${id}`);
  expect(refused.status).toBe(503);
  expect(refused.headers["retry-after"]).toBe("5");
  expect(refused.body).toMatchObject({ code: "unavailable", status: 503 });
  const legacy = await request(galley.url).get("/api/ai/v2-queue").query({ jobId: id });
  expect([legacy.status, legacy.body]).toEqual([
    503,
    { success: false, error: "The database cannot be reached right now." },
  ]);
  expect((await request(galley.url).get("/readyz")).status).toBe(503);
  expect((await request(galley.url).get("/healthz")).status).toBe(200);

  line.mend();
  expect(
    await eventually(
      () => galley.service.find("local", id).catch(() => null),
      (job) => job?.status === "completed",
    ),
  ).toMatchObject({ attempts: 1 });
  expect(paid).toEqual([1]);
  await eventually(
    async () => (await request(galley.url).get("/readyz")).body.checks.notifications,
    (mode) => mode === "listening",
  );
});

test("an outage is no time of the phase's own: what was paid is kept until it can be written, and no attempt used", async () => {
  const gate = createGate();
  let paid = 0;
  await start(
    async ({ input, step }) => {
      await step("paid", input, async () => {
        paid++;
        await gate.pass();
      });
      return input;
    },
    { expireInSeconds: 2, retryLimit: 0 },
  );
  const id = await submit();
  await gate.reached;
  line.cut();
  gate.open();
  // Twice the phase's time.
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  line.mend();
  const done = await eventually(
    () => galley.service.find("local", id).catch(() => null),
    (job) => job?.completedAt != null,
  );
  expect(done).toMatchObject({ status: "completed", attempts: 1, errorCode: null });
  expect(paid).toBe(1);
});

test("connections that break again and again do not use up the pool", async () => {
  await start(async ({ input }) => input);
  for (let round = 0; round < 30; round++) {
    line.cut();
    await Promise.all(Array.from({ length: 3 }, () => submit().catch(() => null)));
    line.mend();
  }
  const id = await eventually(
    () => submit().catch(() => null),
    (submitted) => submitted !== null,
  );
  expect(await whenFinished(galley, id ?? "")).toMatchObject({ status: "completed" });
  expect(galley.database.pool.totalCount - galley.database.pool.idleCount).toBeLessThan(10);
});

test("when the listening connection is cut, polling goes on until it is back", async () => {
  await start(async ({ input }) => input);
  const mode = async () => (await request(galley.url).get("/readyz")).body.checks.notifications;
  await eventually(mode, (now) => now === "listening");
  await database.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'galley listener' and datname = current_database()",
  );
  await eventually(mode, (now) => now === "polling");
  // Sent while no connection listens.
  const id = await submit();
  expect(await whenFinished(galley, id)).toMatchObject({ status: "completed" });
  await eventually(mode, (now) => now === "listening");
});

test("when every connection is in use, a request is refused in time and not left hanging", async () => {
  await start(async ({ input }) => input);
  const { pool } = galley.database;
  const held = await Promise.all(Array.from({ length: pool.options.max }, () => pool.connect()));
  const refused = await request(galley.url).get("/v1/jobs");
  expect(refused.status).toBe(503);
  for (const connection of held) connection.release();
  expect((await request(galley.url).get("/v1/jobs")).status).toBe(200);
});

test("a server that became a standby is away for writes, until the connections lead to the new primary", async () => {
  await start(async ({ input }) => input);
  const send = () =>
    request(galley.url)
      .post("/v1/jobs")
      .send({ type: "relay", input: { text: "go" } });
  await setReadOnly(true);
  await eventually(
    async () => (await send()).status,
    (status) => status === 503,
  );
  await setReadOnly(false);
  const accepted = await eventually(send, ({ status }) => status === 202);
  expect(await whenFinished(galley, accepted.body.id)).toMatchObject({ status: "completed" });
});

/**
 * As a failover does it: other connections than before, and those from before it is over take no writes for as long as
 * they live. What a role or database has set as a default would not do, since it does not reach Galley's sessions.
 */
async function setReadOnly(isReadOnly: boolean): Promise<void> {
  await database.query(`
    create table if not exists failover (over_since timestamptz);
    delete from failover;
    insert into failover values (${isReadOnly ? "'infinity'" : "clock_timestamp()"});
    create or replace function refuse_writes() returns trigger language plpgsql as $$
    begin
      if (select backend_start from pg_stat_activity where pid = pg_backend_pid()) < (select over_since from failover) then
        raise exception 'cannot execute % in a read-only transaction', tg_op using errcode = 'read_only_sql_transaction';
      end if;
      return new;
    end $$;
    create or replace trigger refuse_writes before insert or update on generation_jobs
      for each row execute function refuse_writes()`);
  if (isReadOnly)
    await database.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'galley'",
    );
}

test("with the database away, who has asked for metrics before gets them, and they say so", async () => {
  await start(async ({ input }) => input);
  const { db } = galley.database;
  const [scraper, other] = [await createKey(db, "acme", ["admin"]), await createKey(db, "acme", ["admin"])];
  const ask = (key: string, path = "/metrics") =>
    request(galley.url).get(path).set("Authorization", `Bearer ${key}`);
  expect((await ask(scraper)).text).toMatch(/^galley_database_up 1$/m);
  line.cut();
  // For a second each process goes by what it has read of any key.
  await delay(1_100);
  const said = await ask(scraper);
  expect([said.status, /^galley_database_up \d$/m.exec(said.text)?.[0]]).toEqual([200, "galley_database_up 0"]);
  const wrong = scraper.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
  for (const key of [other, wrong]) expect([key, (await ask(key)).status]).toEqual([key, 503]);
  expect((await ask(scraper, "/v1/database")).status).toBe(503);
  line.mend();
  await eventually(
    () => ask(scraper),
    ({ text }) => /^galley_database_up 1$/m.test(text),
  );
  await revokeKey(db, scraper.split("_")[1] ?? "");
  await eventually(
    () => ask(scraper),
    ({ status }) => status === 401,
  );
  line.cut();
  expect((await ask(scraper)).status).toBe(503);
});

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { sql } from "drizzle-orm";
import request from "supertest";
import { createKey } from "../../src/access/keys.ts";
import type { Scope } from "../../src/access/scopes.ts";
import { JobError, PermanentError } from "../../src/author/index.ts";
import { openDatabase } from "../../src/db/client.ts";
import { isFinished } from "../../src/generation/job/transitions.ts";
import { rollUp } from "../../src/generation/upkeep/roll-up.ts";
import { createLog } from "../../src/log/log.ts";
import { countJobs } from "../../src/statistics/job-counts.ts";
import { atOneMoment } from "../../src/statistics/snapshot.ts";
import { readStatistics } from "../../src/statistics/statistics.ts";
import { createGate, eventually, startTestGalley, type TestGalley } from "../support/galley.ts";
import { openLine } from "../support/line.ts";
import { relay } from "../support/types.ts";

const gate = createGate();
let galley: TestGalley;
let keys: Record<"acme" | "stranger" | "operator", string>;
let failed: string[];
beforeAll(async () => {
  let tries = 0;
  const first = async ({ input }: { input: { text: string } }) => {
    if (input.text === "twice" && ++tries === 1) throw new JobError("network", undefined, { retryAt: new Date() });
    return input;
  };
  const second = async ({ input, signal }: { input: { text: string }; signal: AbortSignal }) => {
    if (input.text === "hold") await gate.pass(signal);
    if (input.text === "stop") throw new PermanentError("no");
    return input;
  };
  galley = await startTestGalley({ jobTypes: [relay({ first, second })] });
  const make = (tenant: string, ...scopes: Scope[]) => createKey(galley.database.db, tenant, scopes);
  keys = {
    acme: await make("acme", "jobs:read", "jobs:write"),
    stranger: await make("stranger", "jobs:read"),
    operator: await make("operator", "admin"),
  };
  const ids: string[] = [];
  // One after the other, so that it is known which one failed last.
  for (const text of ["plain", "twice", "stop", "stop"]) {
    const id = await submit(text);
    await eventually(
      () => galley.service.find("acme", id),
      ({ status }) => isFinished(status),
    );
    ids.push(id);
  }
  failed = ids.slice(2);
  await submit("hold");
  await submit("later", { startAfter: new Date(Date.now() + 3_600_000) });
  await galley.test.query("insert into tenants (id, max_running) values ('held', 0)");
  await galley.service.submit("held", { type: "relay", input: { text: "held" } });
  await gate.reached;
});
afterAll(() => galley.close());

const submit = async (text: string, more: object = {}) =>
  (await galley.service.submit("acme", { type: "relay", input: { text }, ...more })).job.id;

const ask = (whose: keyof typeof keys, query = "") =>
  request(galley.url).get(`/v1/stats${query}`).set("Authorization", `Bearer ${keys[whose]}`);

test("what jobs of a tenant did is counted, as soon as it has happened", async () => {
  const { body } = await ask("acme");
  expect(body).toMatchObject({ window: "24h", span: "hour", tenant: "acme", tenants: null });
  expect(body.jobs).toMatchObject({
    ...{ created: 6, completed: 2, failed: 2, cancelled: 0, successRate: 0.5 },
    retries: 1,
  });
  expect(body.jobs.processingSeconds).toMatchObject({ count: 2, p95: expect.any(Number) });
  expect(body.jobs.waitSeconds.count).toBe(4);
  expect(body.types).toMatchObject([{ type: "relay", created: 6, failed: 2, retries: 1, calls: null }]);
  const phases = body.phases.map((one: { phase: string; seconds: { count: number }; retries: number }) => [
    one.phase,
    one.seconds.count,
    one.retries,
  ]);
  expect(phases.toSorted()).toEqual([
    ["first", 4, 1],
    ["second", 2, 0],
  ]);
  expect(body.spans).toHaveLength(25);
  expect(body.spans.at(-1).created + body.spans.at(-2).created).toBe(6);
});

test("the queue is told as it stands: what runs, waits for its time, or for its tenant's limit", async () => {
  const { body } = await ask("acme");
  expect(body.queue).toMatchObject({ waiting: 0, running: 1, later: 1, held: 0, oldestWaitSeconds: null });
  const { body: all } = await ask("operator", "?tenants=all");
  expect(all.queue).toMatchObject({ waiting: 0, running: 1, later: 1, held: 1 });
  expect(all.queue.phases).toMatchObject([
    { phase: "queued", later: 1, held: 1 },
    { phase: "second", running: 1 },
  ]);
});

test("failures are grouped by phase and code, with what they cost and the latest that still stands", async () => {
  const kind = { type: "relay", phase: "second", code: "internal" };
  const failures = async () => (await ask("acme")).body.failures;
  const [older, latest] = failed;
  expect(await failures()).toEqual([
    {
      ...kind,
      jobs: 2,
      jobsBefore: 0,
      cost: "0.000000000000",
      unpriced: 0,
      last: { jobId: latest, at: expect.any(String) },
    },
  ]);
  await galley.service.cancel("acme", await submit("later", { startAfter: new Date(Date.now() + 3_600_000) }));
  await galley.test.query("delete from generation_jobs where id = $1", [latest]);
  expect(await failures()).toMatchObject([{ ...kind, jobs: 2, last: { jobId: older } }]);
});

test("a tenant sees nothing of another's, and all tenants together only with the scope admin", async () => {
  const { body } = await ask("stranger", "?window=30d");
  expect(body.jobs).toMatchObject({ created: 0, completed: 0, failed: 0, successRate: null, retries: 0 });
  expect([body.types, body.phases, body.failures, body.models, body.queue.phases]).toEqual([[], [], [], [], []]);
  expect(JSON.stringify(body)).not.toContain("acme");
  for (const whose of ["stranger", "acme"] as const) {
    expect((await ask(whose, "?tenants=all")).status).toBe(403);
    expect((await ask(whose, "?tenants=")).status).toBe(403);
  }
  const { body: all } = await ask("operator", "?tenants=all");
  expect(all.tenant).toBeNull();
  const created = all.tenants.map((one: { tenant: string; created: number }) => [one.tenant, one.created]);
  expect(Object.fromEntries(created)).toEqual({ acme: (await ask("acme")).body.jobs.created, held: 1 });
  expect((await ask("operator")).status).toBe(403);
});

test.each(["", "24", "0h", "1.5h", "-1h", "24 h", "1w", "200d", "1e3m", "999999999d"])(
  "the window %j is refused, with what was expected",
  async (window) => {
    const { status, body } = await ask("acme", `?window=${encodeURIComponent(window)}`);
    expect([status, body.code]).toEqual([400, "invalid_input"]);
    expect(body.errors[0].message).toBe("expected a window of up to 199 days, like 15m, 24h or 30d");
  },
);

test.each([
  ["1m", "minute", 2],
  ["2h", "minute", 121],
  ["3d", "hour", 73],
  ["7d", "day", 8],
  ["199d", "day", 200],
])("a window of %s is counted by the %s", async (window, span, spans) => {
  const { body } = await ask("acme", `?window=${window}`);
  expect(body.span).toBe(span);
  expect(body.spans).toHaveLength(spans);
  expect(body.spans[0].start).toBe(body.from);
});

test("a job that was asked to start later does not wait before", async () => {
  const startAfter = new Date(Date.now() + 1_500);
  const { job } = await galley.service.submit("patient", { type: "relay", input: { text: "" }, startAfter });
  const { startedAt } = await eventually(
    () => galley.service.find("patient", job.id),
    ({ status }) => status === "completed",
  );
  const key = await createKey(galley.database.db, "patient", ["jobs:read"]);
  const { body } = await request(galley.url).get("/v1/stats").set("Authorization", `Bearer ${key}`);
  const waited = ((startedAt?.getTime() ?? 0) - startAfter.getTime()) / 1_000;
  expect(body.jobs.waitSeconds.mean).toBeCloseTo(waited, 2);
});

test("behind a pooler statistics are the same", async () => {
  const line = await openLine(galley.test.url, { pooled: true });
  const database = await openDatabase(line.url, createLog("silent"));
  try {
    const { jobs } = await readStatistics(database.db, "acme", { minutes: 24 * 60, span: "hour" });
    expect(jobs).toEqual((await ask("acme")).body.jobs);
  } finally {
    await database.close();
    await line.close();
  }
});

test.each(["acme", null])(
  "PostgreSQL does not compile statements of statistics of the tenant %p",
  async (tenant) => {
    const { db } = galley.database;
    const show = sql`select current_setting('jit') as jit, current_setting('transaction_isolation') as isolation`;
    // As servers have it by default.
    expect((await db.execute(show)).rows).toMatchObject([{ jit: "on" }]);
    const asked = { tenant, window: { minutes: 15, span: "minute" as const } };
    const { rows } = await atOneMoment(db, asked, ({ tx }) => tx.execute(show));
    expect(rows).toEqual([{ jit: "off", isolation: "repeatable read" }]);
  },
);

test("a roll-up that commits while statistics are counted doubles nothing", async () => {
  const { db } = galley.database;
  const whole = { tenant: "acme", window: { minutes: 24 * 60, span: "hour" as const } };
  const countsOf = async (between: () => Promise<unknown>) =>
    await atOneMoment(db, whole, async (counting) => {
      await between();
      return (await countJobs(counting)).map(({ measure, count }) => [measure, count]).toSorted();
    });
  await galley.test.query("update generation_jobs set created_at = created_at - interval '1 hour'");
  const before = await countsOf(async () => undefined);
  const rolled = () => galley.test.query("select count(*)::integer as rows from generation_job_counts");
  expect(await countsOf(() => rollUp(db))).toEqual(before);
  await eventually(rolled, ({ rows }) => rows[0].rows > 0);
  expect(await countsOf(async () => undefined)).toEqual(before);
});

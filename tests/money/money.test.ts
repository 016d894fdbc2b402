import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { z } from "zod";
import { priceFile } from "../../src/author/testing/scripted-server.ts";
import { readTenantUse, setDailyBudget } from "../../src/money/budgets.ts";
import { answering, counts } from "../support/dialects.ts";
import { type FaultServer, startFaultServer } from "../support/fault-server.ts";
import { createGate, eventually, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { lockWaits } from "../support/lock-waits.ts";
import { relay } from "../support/types.ts";

// Room for two calls, under way or done, and not for a third one.
const roomForTwo = "0.045";
// At 1 USD for a million tokens in, 0.1 for cached ones and 4 out, a call reserves a little more than 0.02 and costs 0.0144.
const maxOutputTokens = 5_000;
const used = { ...counts, cacheWrite: 0 };

let server: FaultServer;
let galley: TestGalley;
let env: Record<string, string>;
let gate: ReturnType<typeof createGate>;
beforeEach(async () => {
  server = await startFaultServer();
  // Answers come when all calls that the budget allows have been made.
  gate = createGate();
  server.otherwise((response) => void gate.pass().then(() => answering("Once", used)(response)));
  const first = relay({
    first: async ({ input, step, model }) => {
      const parts = await Promise.all(
        ["a", "b", "c", "d"].map((part) =>
          step(part, input, () => model.text({ system: "", user: `${input.text} ${part}`, maxOutputTokens })),
        ),
      );
      return { text: parts.join(" ") };
    },
  });
  env = { OPENAI_BASE_URL: server.url, OPENAI_MODEL: "demo-1", MODEL_API: "chat", PRICES_FILE: priceFile };
  galley = await startTestGalley({ jobTypes: [first], env });
});
afterEach(async () => {
  await galley.close();
  await server.close();
});

const submit = async (body: object = {}, tenant = "local") =>
  (await galley.service.submit(tenant, { type: "relay", input: { text: "go" }, ...body })).job.id;
const arrivals = async (count: number) => {
  while (server.seen.length < count) await server.arrival();
};
const finishedFor = async (tenant: string, id: string) => {
  for (;;) {
    const job = await galley.service.find(tenant, id);
    if (job.completedAt) return job;
    await new Promise(setImmediate);
  }
};

test("parallel calls never reserve more than the job may cost, and a higher budget goes on without paying again", async () => {
  const id = await submit({ maxCostUsd: roomForTwo });
  await arrivals(2);
  gate.open();
  const failed = await whenFinished(galley, id);
  expect(failed).toMatchObject({
    status: "failed",
    attempts: 1,
    errorCode: "budget_exceeded",
    errorRetryable: false,
    cost: "0.028800000000",
  });
  expect(failed.errorMessage).toMatch(
    /^The next call may cost 0\.02\d+ USD; 0\.0\d+ of the 0\.045\d* for the job are used\.$/,
  );
  expect(server.seen).toHaveLength(2);

  await galley.service.resume("local", id, { maxCostUsd: "0.2" });
  expect(await whenFinished(galley, id)).toMatchObject({ status: "completed", cost: "0.057600000000" });
  expect(server.seen).toHaveLength(4);
});

test("the schema of an answer is part of what a call may cost", async () => {
  gate.open();
  const reservedWith = async (description: string) => {
    const schema = z.object({ text: z.string().describe(description) });
    const first = relay({
      first: ({ input, step, model }) =>
        step("text", input, () =>
          model.object({ system: "", user: "go", schema, name: "text", maxOutputTokens: 100 }),
        ),
    });
    const asking = await startTestGalley({ jobTypes: [first], env });
    const { job } = await asking.service.submit("local", { type: "relay", input: { text: "go" } });
    await server.arrival();
    const { rows } = await asking.test.query("select reserved_cost from provider_calls where job_id = $1 limit 1", [
      job.id,
    ]);
    await asking.close();
    return Number(rows[0]?.reserved_cost);
  };
  const more = (await reservedWith("a long one".repeat(3_000))) - (await reservedWith(""));
  // 30,000 bytes at 3 a token and 1 USD for a million tokens.
  expect(more).toBeCloseTo(0.01, 3);
});

test("a tenant's day is kept across its jobs, and does not concern others", async () => {
  await setDailyBudget(galley.database.db, "acme", roomForTwo);
  const ids = await Promise.all([submit({}, "acme"), submit({}, "acme")]);
  await arrivals(2);
  gate.open();
  for (const id of ids) {
    const job = await finishedFor("acme", id);
    expect(job).toMatchObject({ status: "failed", errorCode: "budget_exceeded" });
    expect(job.errorMessage).toMatch("for the tenant today");
  }
  expect(server.seen).toHaveLength(2);
  expect(await whenFinished(galley, await submit())).toMatchObject({ status: "completed" });

  const { rows } = await galley.test.query(
    "select tenant, sum(cost)::text as cost from generation_jobs group by tenant order by tenant",
  );
  const uses = await readTenantUse(galley.database.db);
  expect(uses.map(({ tenant, usedTodayUsd }) => ({ tenant, cost: usedTodayUsd }))).toEqual(rows);
  expect(uses).toEqual([
    {
      tenant: "acme",
      dailyBudgetUsd: "0.045000000000",
      usedTodayUsd: "0.028800000000",
      weight: 1,
      maxRunning: null,
    },
    { tenant: "local", dailyBudgetUsd: null, usedTodayUsd: "0.057600000000", weight: 1, maxRunning: null },
  ]);

  const day = "select used_usd as used, daily_budget_usd as budget from tenants where id = 'acme'";
  expect((await galley.test.query(day)).rows).toEqual([{ used: "0.028800000000", budget: "0.045000000000" }]);

  // The next day.
  await galley.test.query(
    "update provider_calls set started_at = started_at - interval '1 day' where tenant = 'acme'",
  );
  await galley.test.query("update tenants set used_day = used_day - 1");
  for (const id of ids) await galley.service.resume("acme", id);
  // Six calls are left for two jobs, and the day has room for two of them.
  const codes = await Promise.all(ids.map(async (id) => (await finishedFor("acme", id)).errorCode));
  expect(codes).toContain("budget_exceeded");
  // Beside the four of the tenant without a budget.
  expect(server.seen).toHaveLength(2 + 4 + 2);
  await setDailyBudget(galley.database.db, "acme", "1");
  const refused = ids.filter((_, index) => codes[index] !== null);
  for (const id of refused) await galley.service.resume("acme", id);
  for (const id of ids) expect(await finishedFor("acme", id)).toMatchObject({ status: "completed" });
  expect((await galley.test.query(day)).rows).toEqual([
    { used: (await readTenantUse(galley.database.db))[0]?.usedTodayUsd, budget: "1.000000000000" },
  ]);
});

test("a budget that is set while calls are under way counts them", async () => {
  const id = await submit({}, "acme");
  await arrivals(4);
  await setDailyBudget(galley.database.db, "acme", "1");
  const day = async () => (await galley.test.query("select used_usd as used from tenants")).rows[0].used;
  expect(Number(await day())).toBeGreaterThan(0.08);
  gate.open();
  await finishedFor("acme", id);
  expect(await day()).toBe("0.057600000000");
});

test("a budget that is set while a call is being opened waits for it and counts it", async () => {
  const { query } = galley.test;
  await query(
    "insert into provider_gates (provider, model, code, closed_until) values ('127.0.0.1', 'demo-1', 'overloaded', now())",
  );
  // The first call has seen that there is no budget when it waits for this row.
  await query("begin");
  await query("select from provider_gates for update");
  const id = await submit({}, "acme");
  const isWaiting = async (part: string) => (await lockWaits(galley.database.pool, part)).length > 0;
  await eventually(() => isWaiting('update "provider_gates"'), Boolean);
  let isSet = false;
  const setting = setDailyBudget(galley.database.db, "acme", "1").then(() => {
    isSet = true;
  });
  await eventually(async () => isSet || (await isWaiting("lock table provider_calls")), Boolean);
  expect(isSet).toBe(false);
  await query("rollback");
  await setting;
  const { rows } = await query("select used_usd as used from tenants where id = 'acme'");
  expect(Number(rows[0]?.used)).toBeGreaterThan(0.02);
  gate.open();
  expect(await finishedFor("acme", id)).toMatchObject({ status: "completed" });
  expect((await readTenantUse(galley.database.db))[0]).toMatchObject({ usedTodayUsd: "0.057600000000" });
});

test("a model without a price is not called on a budget, and costs null without one", async () => {
  gate.open();
  env = { OPENAI_BASE_URL: server.url, OPENAI_MODEL: "unpriced", MODEL_API: "chat" };
  const other = await startTestGalley({
    jobTypes: [
      relay({
        first: async ({ step, model }) => ({
          text: await step("a", 1, () => model.text({ system: "", user: "", maxOutputTokens })),
        }),
      }),
    ],
    env,
  });
  const run = async (body: object) => {
    const { job } = await other.service.submit("local", { type: "relay", input: { text: "go" }, ...body });
    return await whenFinished(other, job.id);
  };
  expect(await run({ maxCostUsd: "1" })).toMatchObject({ status: "failed", errorCode: "budget_exceeded" });
  expect(server.seen).toHaveLength(0);
  expect(await run({})).toMatchObject({ status: "completed", cost: null });
  await other.close();
});

test("a call that was never closed does not hold its budget for ever: a resumed job counts it at what it reserved", async () => {
  gate.open();
  const id = await submit({ maxCostUsd: roomForTwo });
  await whenFinished(galley, id);
  await galley.test.query(
    "insert into provider_calls (id, job_id, tenant, phase, step, attempt, provider, model, reserved_cost) values (gen_random_uuid(), $1, 'local', 'first', 'a', 1, '127.0.0.1', 'demo-1', 0.02)",
    [id],
  );
  const before = Number((await galley.service.find("local", id)).cost);
  await galley.service.resume("local", id, { maxCostUsd: "1" });
  const { rows } = await galley.test.query(
    "select state, cost, estimated from provider_calls where job_id = $1 and error_code = 'worker_lost'",
    [id],
  );
  expect(rows).toEqual([{ state: "failed", cost: "0.020000000000", estimated: true }]);
  const done = await whenFinished(galley, id);
  expect(done.status).toBe("completed");
  expect(Number(done.cost)).toBeGreaterThanOrEqual(before + 0.02);
});

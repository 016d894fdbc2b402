import { afterAll, beforeAll, expect, test } from "@jest/globals";
import request from "supertest";
import { createKey } from "../../src/access/keys.ts";
import { scopes } from "../../src/access/scopes.ts";
import { startTestGalley, type TestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
let operator: string;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api" } });
  operator = await createKey(galley.database.db, "ops", scopes);
  await createKey(galley.database.db, "acme", ["jobs:read"]);
});
afterAll(() => galley.close());

const ask = (method: "get" | "patch", path: string) =>
  request(galley.url)[method](path).set("Authorization", `Bearer ${operator}`);
const update = (tenant: string, body: object) =>
  ask("patch", `/v1/tenants/${encodeURIComponent(tenant)}`).send(body);
const list = async () => (await ask("get", "/v1/tenants")).body.data;

const unset = { usedTodayUsd: "0.000000000000", dailyBudgetUsd: null, weight: 1, maxRunning: null };

test("tenants with a key are listed by name, with what they used today", async () => {
  await galley.test.query(
    `insert into provider_calls (id, job_id, tenant, phase, step, attempt, provider, model, state, started_at, finished_at, cost)
    select gen_random_uuid(), 'job_1', 'busy', 'first', 's', 1, 'p', 'm', 'succeeded', now() - days * interval '1 day', now(), 0.000000000001
    from unnest(array[0, 0, 2]) as days`,
  );
  expect(await list()).toEqual([
    { tenant: "acme", ...unset },
    { tenant: "busy", ...unset, usedTodayUsd: "0.000000000002" },
    { tenant: "ops", ...unset },
  ]);
});

test("what is given is set, and the rest stays", async () => {
  const budget = await update("acme", { dailyBudgetUsd: "5.5" });
  expect([budget.status, budget.body]).toEqual([
    200,
    { tenant: "acme", ...unset, dailyBudgetUsd: "5.500000000000" },
  ]);
  expect((await update("acme", { weight: 7, maxRunning: 0 })).body).toEqual({
    tenant: "acme",
    usedTodayUsd: "0.000000000000",
    dailyBudgetUsd: "5.500000000000",
    weight: 7,
    maxRunning: 0,
  });
  const cleared = await update("acme", { dailyBudgetUsd: null, maxRunning: null });
  expect(cleared.body).toEqual({ tenant: "acme", ...unset, weight: 7 });
  expect((await list())[0]).toEqual(cleared.body);
});

test("a tenant of which nothing is known yet may be set, and nothing given changes nothing", async () => {
  expect((await update("a/b", {})).body).toEqual({ tenant: "a/b", ...unset });
  expect(await list()).not.toContainEqual(expect.objectContaining({ tenant: "a/b" }));
  expect((await update("a/b", { weight: 2 })).body).toEqual({ tenant: "a/b", ...unset, weight: 2 });
  expect(await list()).toContainEqual({ tenant: "a/b", ...unset, weight: 2 });
});

test.each([
  [{ dailyBudgetUsd: 5 }, "/dailyBudgetUsd"],
  [{ dailyBudgetUsd: "-1" }, "/dailyBudgetUsd"],
  [{ dailyBudgetUsd: "1", weight: 0 }, "/weight"],
  [{ weight: 101 }, "/weight"],
  [{ maxRunning: -1 }, "/maxRunning"],
  [{ maxRunning: 1.5 }, "/maxRunning"],
  [{ budget: "1" }, "/budget"],
])("%j is refused, and nothing of it is set", async (body, pointer) => {
  const answer = await update("other", body);
  expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, pointer]);
  expect(await list()).not.toContainEqual(expect.objectContaining({ tenant: "other" }));
});

test("a name that no tenant can have is refused", async () => {
  expect((await update("two words", { weight: 2 })).status).toBe(400);
});

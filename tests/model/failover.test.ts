import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { closeGate } from "../../src/model/gates.ts";
import { ModelError } from "../../src/model/port/port.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { answering, dialects } from "../support/dialects.ts";
import {
  cut,
  type Fault,
  type FaultServer,
  reply,
  stall,
  startFaultServer,
  stream,
} from "../support/fault-server.ts";
import {
  eventTypes,
  eventually,
  hurry,
  startTestGalley,
  type TestGalley,
  whenFinished,
} from "../support/galley.ts";
import { relay } from "../support/types.ts";

const type = relay({
  first: async ({ input, step, model }) => ({
    text: await step("text", input, () => model.text({ system: "", user: input.text, maxOutputTokens: 100 })),
  }),
});
const refuse = (status: number, code: string, headers: Record<string, string> = {}): Fault =>
  reply(status, { error: { message: "no", type: "x", code } }, headers);

let first: FaultServer;
let second: FaultServer;
let database: TestDatabase;
let galley: TestGalley;
beforeEach(async () => {
  first = await startFaultServer();
  second = await startFaultServer();
  second.otherwise(answering("Twice"));
  database = await createTestDatabase();
  galley = await startTestGalley({ jobTypes: [type], test: database, env: { MODELS: models() } });
});
afterEach(async () => {
  await galley.close();
  await Promise.all([first.close(), second.close()]);
  await database.drop();
});

const models = () =>
  JSON.stringify([
    { provider: "first", model: "gpt-6-sol", baseUrl: first.url },
    { provider: "second", model: "gpt-6-luna", baseUrl: second.url },
  ]);
const submit = async (body: object = {}) =>
  (await galley.service.submit("local", { type: "relay", input: { text: "go" }, ...body })).job.id;
const callsOf = async (id: string) =>
  (
    await database.query(
      "select provider, model, state, error_code as code from provider_calls where job_id = $1 order by started_at",
      [id],
    )
  ).rows;
const letGatesBeTried = () =>
  database.query("update provider_gates set closed_until = now() - interval '1 second', trial_until = null");
const readiness = async () => (await request(galley.url).get("/readyz")).body;

test.each<[string, Fault]>([
  ["rate_limited", refuse(429, "rate_limit_exceeded", { "retry-after": "600" })],
  ["overloaded", refuse(503, "server_is_overloaded")],
  ["quota_exhausted", refuse(429, "insufficient_quota")],
  ["invalid_api_key", refuse(401, "invalid_api_key")],
  ["permission_denied", refuse(403, "forbidden_region")],
  ["model_not_found", refuse(404, "model_not_found")],
  ["wrong_address", reply(404, "<h1>Not Found</h1>")],
  ["provider_error", refuse(500, "server_error")],
  ["network", cut],
])("after %s the next model answers, in the same attempt", async (code, fault) => {
  first.otherwise(fault);
  const id = await submit();
  const done = await whenFinished(galley, id);
  expect(done).toMatchObject({ status: "completed", attempts: 1, providerUsed: "second", model: "gpt-6-luna" });
  expect(done.resultData).toEqual({ text: "Twice second" });
  expect(await eventTypes(galley, done)).not.toContain("attempt_failed");
  expect(await callsOf(id)).toEqual([
    { provider: "first", model: "gpt-6-sol", state: "failed", code },
    { provider: "second", model: "gpt-6-luna", state: "succeeded", code: null },
  ]);
  const events = await galley.service.readEvents(done, 0);
  expect(events.find(({ type: name }) => name === "step_finished")?.data).toMatchObject({
    provider: "second",
    model: "gpt-6-luna",
  });

  // All workers leave the first one alone until its gate is tried.
  await whenFinished(galley, await submit());
  expect([first.seen.length, second.seen.length]).toEqual([1, 2]);
  expect(await readiness()).toMatchObject({
    status: "ready",
    checks: { model: "stand_in" },
    models: [
      { provider: "first", model: "gpt-6-sol", state: code },
      { provider: "second", model: "gpt-6-luna", state: "ok", closedUntil: null },
    ],
  });
  first.otherwise(answering("Once"));
  await letGatesBeTried();
  const after = await whenFinished(galley, await submit());
  expect(after).toMatchObject({ resultData: { text: "Once second" }, providerUsed: "first" });
  // The gate is opened beside the answer, which does not wait for it.
  await eventually(readiness, ({ checks }) => checks.model === "ok");
});

test.each<[string, Fault]>([
  ["content_refused", refuse(400, "content_policy_violation")],
  ["context_length_exceeded", refuse(400, "context_length_exceeded")],
])("%s says something of the request: no other model is asked", async (code, fault) => {
  first.otherwise(fault);
  const failed = await whenFinished(galley, await submit({ maxAttempts: 1 }));
  expect(failed).toMatchObject({ status: "failed", errorCode: code });
  expect([first.seen.length, second.seen.length]).toEqual([1, 0]);
});

test("a text that had begun starts over, and the ledger has both", async () => {
  const begun = Promise.withResolvers<ServerResponse>();
  first.script((response) => {
    stream([...dialects.chat.begin(), ...dialects.chat.text("Once upon a ")], "stall")(response);
    begun.resolve(response);
  });
  const id = await submit();
  const response = await begun.promise;
  const job = await galley.service.find("local", id);
  const textEvents = async () =>
    (await galley.service.readEvents(job, 0)).filter(({ type: name }) => ["step_started", "text"].includes(name));
  await eventually(textEvents, ({ length }) => length === 2);
  response.socket?.destroy();
  const done = await whenFinished(galley, id);
  expect(done).toMatchObject({ status: "completed", attempts: 1 });
  expect((await textEvents()).map(({ type: name, data }) => (name === "text" ? data.delta : name))).toEqual([
    "step_started",
    "Once upon a ",
    "step_started",
    "Twice",
  ]);
  expect(await callsOf(id)).toMatchObject([
    { provider: "first", state: "failed", code: "network" },
    { provider: "second", state: "succeeded" },
  ]);
  const { rows } = await database.query(
    "select estimated, output_tokens > 0 as billed from provider_calls where provider = 'first'",
  );
  expect(rows).toEqual([{ estimated: true, billed: true }]);
});

test("when none can answer the job waits for the first that may, without using an attempt", async () => {
  first.otherwise(refuse(503, "server_is_overloaded", { "retry-after": "600" }));
  second.otherwise(refuse(401, "invalid_api_key"));
  const id = await submit({ maxAttempts: 1 });
  const waiting = await eventually(
    () => galley.service.find("local", id),
    ({ waitingFor, claim }) => waitingFor !== null && claim === null,
  );
  expect(waiting).toMatchObject({ attempts: 0, waitingFor: "The model provider is overloaded." });
  expect(await readiness()).toMatchObject({ checks: { model: "overloaded" } });
  second.otherwise(answering("Twice"));
  await letGatesBeTried();
  await hurry(galley, id);
  expect(await whenFinished(galley, id)).toMatchObject({ status: "completed", attempts: 1 });
});

test("a stand-in that the budget refuses, or that is too small, is no reason to fail", async () => {
  first.otherwise(refuse(503, "server_is_overloaded", { "retry-after": "600" }));
  second.otherwise(refuse(400, "context_length_exceeded"));
  const large = await submit({ maxAttempts: 1 });
  await isWaiting(large);
  expect(second.seen).toHaveLength(1);
  await galley.service.cancel("local", large);
  await galley.close();

  const priced = { provider: "openai", model: "gpt-6-sol", baseUrl: first.url, api: "chat", apiKey: "sk-test" };
  const priceless = { provider: "second", model: "gpt-6-luna", baseUrl: second.url };
  galley = await startTestGalley({
    jobTypes: [type],
    test: database,
    env: { MODELS: JSON.stringify([priced, priceless]) },
  });
  const poor = await submit({ maxAttempts: 1, maxCostUsd: "1" });
  await isWaiting(poor);
  expect([first.seen.length, second.seen.length]).toEqual([2, 1]);
  first.otherwise(answering("Once"));
  await letGatesBeTried();
  await hurry(galley, poor);
  expect(await whenFinished(galley, poor)).toMatchObject({ status: "completed", providerUsed: "openai" });
});

const isWaiting = (id: string) =>
  eventually(
    () => galley.service.find("local", id),
    ({ waitingFor, claim }) => waitingFor !== null && claim === null,
  );
/** In place too. */
const waits = (id: string) =>
  eventually(
    () => galley.service.find("local", id),
    ({ waitingFor }) => waitingFor !== null,
  );
const secondsUntil = (time: Date | null) => ((time?.getTime() ?? 0) - Date.now()) / 1000;

test("one that says nothing leaves the others their part of the attempt's time, and all leave it alone then", async () => {
  await galley.close();
  const short = relay(
    {
      first: async ({ input, step, model }) => ({
        text: await step("text", input, () => model.text({ system: "", user: input.text, maxOutputTokens: 100 })),
      }),
    },
    { expireInSeconds: 4 },
  );
  galley = await startTestGalley({ jobTypes: [short], test: database, env: { MODELS: models() } });
  first.otherwise(stall);
  expect(await whenFinished(galley, await submit({ maxAttempts: 1 }))).toMatchObject({
    status: "completed",
    providerUsed: "second",
  });
  expect(await whenFinished(galley, await submit({ maxAttempts: 1 }))).toMatchObject({ status: "completed" });
  expect(first.seen).toHaveLength(1);
  const { rows } = await database.query(
    "select code, closed_until - now() > interval '30 seconds' as long from provider_gates",
  );
  expect(rows).toEqual([{ code: "timeout", long: true }]);
});

test.each([
  ["the second", refuse(429, "rate_limit_exceeded", { "retry-after": "3600" }), cut],
  ["the first", cut, refuse(429, "rate_limit_exceeded", { "retry-after": "3600" })],
])("a job waits for %s model when that one may be asked sooner", async (_name, one, other) => {
  first.otherwise(one);
  second.otherwise(other);
  const waiting = await waits(await submit({ maxAttempts: 1 }));
  expect(secondsUntil(waiting.nextAttemptAt)).toBeLessThan(300);
});

test("a model that is asked alone is bound by no gate that was closed since another could stand in", async () => {
  first.script(refuse(404, "model_not_found"));
  await whenFinished(galley, await submit());
  expect((await database.query("select code from provider_gates")).rows).toEqual([{ code: "model_not_found" }]);
  await galley.close();
  first.otherwise(answering("Once"));
  const alone = JSON.stringify([{ provider: "first", model: "gpt-6-sol", baseUrl: first.url }]);
  galley = await startTestGalley({ jobTypes: [type], test: database, env: { MODELS: alone } });
  expect(await whenFinished(galley, await submit({ maxAttempts: 1 }))).toMatchObject({ status: "completed" });
  // And closes none.
  first.otherwise(cut);
  await database.query("delete from provider_gates");
  expect(await whenFinished(galley, await submit({ maxAttempts: 1 }))).toMatchObject({ errorCode: "network" });
  expect((await database.query("select from provider_gates")).rowCount).toBe(0);
});

test("an error that may pass is tried again, though another model can never answer", async () => {
  first.otherwise(refuse(401, "invalid_api_key"));
  second.otherwise(refuse(500, "server_error"));
  const waiting = await waits(await submit({ maxAttempts: 1 }));
  expect(waiting.waitingFor).toBe("The model provider had an error.");
  second.otherwise(answering("Twice"));
  expect(await whenFinished(galley, waiting.id)).toMatchObject({ status: "completed", attempts: 1 });
});

test("the reason that lasts longer stands on a gate", async () => {
  const { db } = galley.database;
  const called = { provider: "first", model: "gpt-6-sol" };
  const passage = { isTrial: false, hasStandIn: true };
  const retryAt = new Date(Date.now() + 600_000);
  await closeGate(db, called, new ModelError("rate_limited", undefined, { retryAt }), passage);
  await closeGate(db, called, new ModelError("model_not_found"), passage);
  expect((await readiness()).models[0]).toMatchObject({ state: "rate_limited" });
});

test("a first model that the budget has no price for leaves the job to one that has", async () => {
  await galley.close();
  const priceless = { provider: "first", model: "unpriced", baseUrl: first.url };
  const priced = { provider: "openai", model: "gpt-6-luna", baseUrl: second.url, api: "chat", apiKey: "sk-test" };
  const env = { MODELS: JSON.stringify([priceless, priced]) };
  galley = await startTestGalley({ jobTypes: [type], test: database, env });
  expect(await whenFinished(galley, await submit({ maxCostUsd: "1" }))).toMatchObject({
    status: "completed",
    providerUsed: "openai",
  });
  expect(await whenFinished(galley, await submit({ maxCostUsd: "0.000001" }))).toMatchObject({
    status: "failed",
    errorCode: "budget_exceeded",
  });
});

test("the key of OpenAI is sent to OpenAI alone, whatever another server is called", async () => {
  await galley.close();
  const entry = { provider: "openai", model: "gpt-6-sol", baseUrl: first.url, api: "chat" };
  const env = { MODELS: JSON.stringify([entry]), OPENAI_API_KEY: "sk-very-secret" };
  galley = await startTestGalley({ jobTypes: [type], test: database, env });
  first.otherwise(answering("Once"));
  await whenFinished(galley, await submit());
  expect(first.seen[0]?.headers.authorization).toBe("Bearer none");
});

import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { z } from "zod";
import { closeGate, openGate, readGate } from "../../src/model/gates.ts";
import { ModelError } from "../../src/model/port/port.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { answering, dialects } from "../support/dialects.ts";
import { type Fault, type FaultServer, reply, stall, startFaultServer, stream } from "../support/fault-server.ts";
import {
  eventTypes,
  eventually,
  hurry,
  startTestGalley,
  type TestGalley,
  whenFinished,
} from "../support/galley.ts";
import { loseAnswer } from "../support/lost-answer.ts";
import { relay } from "../support/types.ts";

const type = relay({
  first: async ({ input, step, model }) => ({
    text: await step("text", input, () => model.text({ system: "", user: input.text, maxOutputTokens: 100 })),
  }),
});
const refuse = (status: number, code: string, headers: Record<string, string> = {}): Fault =>
  reply(status, { error: { message: "no", type: "x", code } }, headers);

let server: FaultServer;
let database: TestDatabase;
const galleys: TestGalley[] = [];
beforeEach(async () => {
  server = await startFaultServer();
  database = await createTestDatabase();
});
afterEach(async () => {
  for (const galley of galleys.splice(0)) await galley.close();
  await server.close();
  await database.drop();
});

async function start(env: Record<string, string> = {}, jobType = type): Promise<TestGalley> {
  const model = { OPENAI_BASE_URL: server.url, OPENAI_MODEL: "gpt-6-sol", MODEL_API: "chat" };
  const galley = await startTestGalley({ jobTypes: [jobType], test: database, env: { ...model, ...env } });
  galleys.push(galley);
  return galley;
}
const submit = async ({ service }: TestGalley, body: object = {}) =>
  (await service.submit("local", { type: "relay", input: { text: "go" }, ...body })).job.id;
const readiness = async ({ url }: TestGalley) => (await request(url).get("/readyz")).body;
/** The gate is opened beside the answer to its trial, which does not wait for that. */
async function isOpenAgain(galley: TestGalley): Promise<void> {
  const open = await eventually(
    () => readiness(galley),
    ({ checks }) => checks.model === "ok",
  );
  expect(open.modelClosedUntil).toBeNull();
}
/** The time until which calls are held back is over. */
const letGateBeTried = () => database.query("update provider_gates set closed_until = now() - interval '1 second'");

test("a burst that is refused waits once, in all workers, and uses up no attempt", async () => {
  const [one] = await Promise.all([start({ WORKER_CONCURRENCY: "3" }), start({ WORKER_CONCURRENCY: "3" })]);
  let refused = 0;
  let over = Number.POSITIVE_INFINITY;
  const accept = answering("Once");
  server.otherwise((response) => {
    // As a provider counts: what comes before its minute is over, here a second.
    over = Math.min(over, performance.now() + 1_000);
    if (performance.now() > over) return accept(response);
    refused++;
    refuse(429, "rate_limit_exceeded", { "retry-after": "1" })(response);
  });
  const ids = await Promise.all(Array.from({ length: 12 }, () => submit(one)));
  for (const id of ids) {
    const done = await whenFinished(one, id);
    expect(done).toMatchObject({ status: "completed", attempts: 1 });
    expect(await eventTypes(one, done)).not.toContain("attempt_failed");
  }
  // What was under way when the gate closed, and nothing after that.
  expect(refused).toBeGreaterThan(0);
  expect(refused).toBeLessThanOrEqual(6);
  expect(server.seen).toHaveLength(12 + refused);
  await isOpenAgain(one);
});

test("a long wait gives the slot back, is shown, and holds whoever comes next without a request", async () => {
  const galley = await start();
  server.script(refuse(429, "rate_limit_exceeded", { "retry-after": "3600" }));
  const first = await submit(galley);
  const isWaiting = (id: string) =>
    eventually(
      () => galley.service.find("local", id),
      (job) => job.waitingFor !== null,
    );
  const waiting = await isWaiting(first);
  expect(waiting).toMatchObject({
    status: "processing",
    attempts: 0,
    errorCode: null,
    waitingFor: "The model provider asks to slow down.",
  });
  expect(Math.abs((waiting.nextAttemptAt?.getTime() ?? 0) - Date.now() - 3_600_000)).toBeLessThan(60_000);
  const second = await submit(galley);
  // As far from now by either clock.
  const apart = +((await isWaiting(second)).nextAttemptAt ?? 0) - +(waiting.nextAttemptAt ?? 0);
  expect(Math.abs(apart)).toBeLessThan(1_000);
  expect(server.seen).toHaveLength(1);
  const ready = await readiness(galley);
  expect(ready).toMatchObject({ status: "ready", checks: { model: "rate_limited" } });
  expect(Math.abs(Date.parse(ready.modelClosedUntil) - +(waiting.nextAttemptAt ?? 0))).toBeLessThan(1_000);

  server.otherwise(answering("Once"));
  await letGateBeTried();
  expect(await readiness(galley)).toMatchObject({ checks: { model: "ok" }, modelClosedUntil: null });
  for (const id of [first, second]) {
    await hurry(galley, id);
    expect(await whenFinished(galley, id)).toMatchObject({ status: "completed", attempts: 1 });
  }
  expect(server.seen).toHaveLength(3);
});

test("of several first refusals the one that asks for the longest wait counts, whoever writes last", async () => {
  const { database: opened } = await start({ ROLES: "api" });
  const called = { provider: "127.0.0.1", model: "gpt-6-sol" };
  const retryAt = (seconds: number) => new Date(Date.now() + seconds * 1000);
  for (let round = 0; round < 10; round++) {
    await database.query("delete from provider_gates");
    const longest = retryAt(60);
    await Promise.all(
      [longest, retryAt(3), retryAt(4), retryAt(5), retryAt(6)].map((time) =>
        closeGate(opened.db, called, new ModelError("rate_limited", undefined, { retryAt: time }), {
          isTrial: false,
        }),
      ),
    );
    const gate = await readGate(opened.db, called);
    expect(Math.abs((gate?.until.getTime() ?? 0) - longest.getTime())).toBeLessThan(1_000);
  }
});

test("a wait repeats the call that was refused, and not what its step has paid for before", async () => {
  const pair = relay({
    first: async ({ input, step, model }) =>
      await step("pair", input, async () => {
        const one = await model.text({ system: "", user: "one", maxOutputTokens: 100 });
        const schema = z.object({ text: z.string() });
        return await model.object({ system: "", user: one, schema, name: "two", maxOutputTokens: 100 });
      }),
  });
  const galley = await start({}, pair);
  const later = refuse(429, "rate_limit_exceeded");
  server.script(answering("two"), later, answering("no JSON"));
  server.script((response) => {
    void galley.database.pool.query("delete from provider_gates").then(() => later(response));
  });
  server.otherwise(answering('{"text":"Once"}'));
  const done = await whenFinished(galley, await submit(galley));
  expect(done).toMatchObject({ status: "completed", attempts: 1 });
  const asked = server.seen.map(({ body }) => (body.messages as { content: string }[])[1]?.content.slice(0, 30));
  const repair = "two\n\nYour last answer was not ";
  expect(asked).toEqual(["one", "two", "two", repair, repair]);
});

test("many short waits use up no attempt, however long they are together", async () => {
  const slow = relay(
    {
      first: async ({ input, step, model }) => ({
        text: await step("text", input, () => model.text({ system: "", user: input.text, maxOutputTokens: 100 })),
      }),
    },
    { expireInSeconds: 5 },
  );
  const galley = await start({}, slow);
  const later = refuse(429, "rate_limit_exceeded");
  server.script(later, later);
  server.otherwise(answering("Once"));
  const done = await whenFinished(galley, await submit(galley, { maxAttempts: 1 }));
  expect(done.status).toBe("completed");
  expect(await eventTypes(galley, done)).not.toContain("attempt_failed");
});

test("the answer to any commit of a trial may be lost: no call stays open that was never made", async () => {
  const desk = await start({ ROLES: "api" });
  server.otherwise(answering("Once"));
  for (let point = 1; point <= 5; point++) {
    await database.query(
      "insert into provider_gates (provider, model, code, closed_until) values ('127.0.0.1', 'gpt-6-sol', 'overloaded', now())",
    );
    const worker = await start({ ROLES: "worker" });
    const loss = loseAnswer(worker.database.pool, /^commit$/, point);
    const id = await submit(desk);
    expect(await whenFinished(desk, id)).toMatchObject({ status: "completed" });
    expect(loss.hasHappened()).toBe(true);
    const { rows } = await database.query("select state from provider_calls where job_id = $1", [id]);
    expect(rows).toEqual([{ state: "succeeded" }]);
    await worker.close();
    galleys.splice(galleys.indexOf(worker), 1);
  }
  expect(server.seen).toHaveLength(5);
});

test("a trial that the job's budget refuses is given back: the next call is the trial at once", async () => {
  const galley = await start();
  await database.query(
    "insert into provider_gates (provider, model, code, closed_until) values ('127.0.0.1', 'gpt-6-sol', 'overloaded', now())",
  );
  server.otherwise(answering("Once"));
  const poor = await whenFinished(galley, await submit(galley, { maxCostUsd: "0.000001" }));
  expect(poor).toMatchObject({ status: "failed", errorCode: "budget_exceeded" });
  const { rows } = await database.query("select trial_until from provider_gates");
  expect(rows).toEqual([{ trial_until: null }]);
  expect(await whenFinished(galley, await submit(galley))).toMatchObject({ status: "completed", attempts: 1 });
  expect(server.seen).toHaveLength(1);
});

test("a trial that hangs does not hold the others for long", async () => {
  const galley = await start();
  await database.query(
    "insert into provider_gates (provider, model, code, closed_until) values ('127.0.0.1', 'gpt-6-sol', 'overloaded', now())",
  );
  server.script(stall);
  server.otherwise(answering("Once"));
  const arrival = server.arrival();
  const hanging = await submit(galley);
  await arrival;
  const others = await Promise.all([submit(galley), submit(galley)]);
  for (const id of others)
    expect(await whenFinished(galley, id)).toMatchObject({ status: "completed", attempts: 1 });
  expect(server.seen).toHaveLength(3);
  await galley.service.cancel("local", hanging);
});

test("a trial that begins to answer opens the gate at once, however long its model thinks; headers alone do not", async () => {
  const galley = await start();
  await database.query(
    "insert into provider_gates (provider, model, code, closed_until) values ('127.0.0.1', 'gpt-6-sol', 'overloaded', now())",
  );
  const answer = Promise.withResolvers<import("node:http").ServerResponse>();
  server.script((response) => {
    stream([], "stall")(response);
    answer.resolve(response);
  });
  const thinking = await submit(galley);
  const response = await answer.promise;
  const gates = () => database.query("select from provider_gates");
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect((await gates()).rowCount).toBe(1);
  response.write(dialects.chat.begin().join(""));
  await eventually(gates, ({ rowCount }) => rowCount === 0);
  expect(server.seen).toHaveLength(1);
  await galley.service.cancel("local", thinking);
});

test("a trial that is taken late does not open a gate that was closed again meanwhile", async () => {
  const galley = await start();
  const { db } = galley.database;
  const model = { provider: "127.0.0.1", model: "gpt-6-sol" };
  const refusal = new ModelError("rate_limited", undefined, { retryAt: new Date(Date.now() + 60_000) });
  await closeGate(db, model, refusal, { isTrial: false });
  await openGate(db, model);
  expect(await readiness(galley)).toMatchObject({ checks: { model: "rate_limited" } });
});

const overloaded = "'overloaded', now()";
const closed = "'overloaded', now() + interval '1 minute'";
const setGate = (what: string) =>
  database.query(
    `insert into provider_gates (provider, model, code, closed_until, since) values ('127.0.0.1', 'gpt-6-sol', ${what}, now() - interval '61 minutes')
     on conflict (provider, model) do update set closed_until = excluded.closed_until, trial_until = null`,
  );
const letPatienceEnd = () => database.query("update step_waits set since = since - interval '61 minutes'");
const isWaiting = (galley: TestGalley, id: string) =>
  eventually(
    () => galley.service.find("local", id),
    ({ waitingFor, claim }) => waitingFor !== null && claim === null,
  );

test("a step that has waited for an hour uses up attempts; one that begins to wait has its hour, however long others do", async () => {
  const galley = await start();
  await setGate(closed);
  const old = await submit(galley, { maxAttempts: 1 });
  await isWaiting(galley, old);
  await letPatienceEnd();
  const young = await submit(galley, { maxAttempts: 1 });
  await isWaiting(galley, young);
  await hurry(galley, old);
  expect(await whenFinished(galley, old)).toMatchObject({
    status: "failed",
    attempts: 1,
    errorCode: "overloaded",
    errorRetryable: true,
  });
  expect(await galley.service.find("local", young)).toMatchObject({ status: "processing", attempts: 0 });
  expect(server.seen).toHaveLength(0);

  // Resumed by hand, it has its hour again.
  await galley.service.resume("local", old);
  await isWaiting(galley, old);
  server.otherwise(answering("Once"));
  await letGateBeTried();
  for (const id of [old, young]) {
    await hurry(galley, id);
    expect(await whenFinished(galley, id)).toMatchObject({ status: "completed", attempts: 1 });
  }
});

test("a call that is refused again and again ends, though others open its gate each time", async () => {
  const galley = await start();
  const later = refuse(429, "rate_limit_exceeded", { "retry-after": "40" });
  server.otherwise(later);
  const id = await submit(galley, { maxAttempts: 1 });
  await isWaiting(galley, id);
  for (let others = 0; others < 2; others++) {
    await database.query("delete from provider_gates");
    server.otherwise(answering("Once"));
    expect(await whenFinished(galley, await submit(galley))).toMatchObject({ status: "completed" });
    server.otherwise(later);
    if (others === 1) await letPatienceEnd();
    await hurry(galley, id);
    if (others === 0)
      await eventually(
        () => server.seen.length,
        (count) => count === 3,
      );
    if (others === 0) await isWaiting(galley, id);
  }
  expect(await whenFinished(galley, id)).toMatchObject({
    status: "failed",
    attempts: 1,
    errorCode: "rate_limited",
  });
});

test("an answer within the step begins its hour anew", async () => {
  const pair = relay({
    first: async ({ input, step, model }) =>
      await step("pair", input, async () => {
        const prompt = { system: "", user: "one", maxOutputTokens: 100 };
        await model.text(prompt);
        return { text: await model.text({ ...prompt, user: "two" }) };
      }),
  });
  const galley = await start({}, pair);
  await setGate(closed);
  const id = await submit(galley, { maxAttempts: 1 });
  await isWaiting(galley, id);
  await letPatienceEnd();
  await setGate(overloaded);
  server.script(answering("one"), refuse(429, "rate_limit_exceeded", { "retry-after": "40" }));
  server.otherwise(answering("two"));
  await hurry(galley, id);
  await eventually(
    () => server.seen.length,
    (count) => count === 2,
  );
  await isWaiting(galley, id);
  await letGateBeTried();
  await hurry(galley, id);
  expect(await whenFinished(galley, id)).toMatchObject({ status: "completed", attempts: 1 });
});

test.each([
  [401, "invalid_api_key"],
  [429, "insufficient_quota"],
])(
  "after %i %s no worker calls, readiness says why, and the next accepted trial opens the gate",
  async (status, code) => {
    const galley = await start();
    server.otherwise(refuse(status, code));
    const expected = code === "insufficient_quota" ? "quota_exhausted" : "invalid_api_key";
    for (let jobs = 0; jobs < 2; jobs++) {
      const failed = await whenFinished(galley, await submit(galley));
      expect(failed).toMatchObject({ status: "failed", attempts: 1, errorCode: expected, errorRetryable: false });
    }
    expect(server.seen).toHaveLength(1);
    expect(await readiness(galley)).toMatchObject({ status: "ready", checks: { model: expected } });

    server.otherwise(answering("Once"));
    await letGateBeTried();
    expect(await whenFinished(galley, await submit(galley))).toMatchObject({ status: "completed" });
    await isOpenAgain(galley);
  },
);

test("a worker that restarts may have another key, and tries it", async () => {
  const before = await start();
  server.script(refuse(401, "invalid_api_key"));
  await whenFinished(before, await submit(before));
  const after = await start();
  server.otherwise(answering("Once"));
  expect(await whenFinished(after, await submit(after))).toMatchObject({ status: "completed" });
});

const twoCalls = relay({
  first: async ({ input, step, model }) =>
    await step("pair", input, async () => {
      const prompt = { system: "", user: "one", maxOutputTokens: 100 };
      await model.text(prompt);
      return { text: await model.text({ ...prompt, user: "two" }) };
    }),
});
/** Answers the call "one" and leaves "two" to the given fault. */
const answeringOne = (two: Fault): void =>
  server.otherwise((response) => {
    const [, message] = (server.seen.at(-1)?.body.messages ?? []) as { content: string }[];
    (message?.content === "one" ? answering("one") : two)(response);
  });

test("a call that is never answered ends, though the one before it is answered each time", async () => {
  const galley = await start({}, twoCalls);
  answeringOne(refuse(429, "rate_limit_exceeded", { "retry-after": "60" }));
  const id = await submit(galley, { maxAttempts: 1 });
  await isWaiting(galley, id);
  await letPatienceEnd();
  await letGateBeTried();
  await hurry(galley, id);
  expect(await whenFinished(galley, id)).toMatchObject({
    status: "failed",
    errorCode: "rate_limited",
    attempts: 1,
  });
});

test("a wait that was answered is over: the next one has its hour", async () => {
  const galley = await start({}, twoCalls);
  await setGate(closed);
  const id = await submit(galley, { maxAttempts: 1 });
  await isWaiting(galley, id);
  await letPatienceEnd();
  await letGateBeTried();
  answeringOne(refuse(429, "rate_limit_exceeded", { "retry-after": "60" }));
  await hurry(galley, id);
  await eventually(
    () => server.seen.length,
    (count) => count === 2,
  );
  await isWaiting(galley, id);
  const { rows } = await database.query(
    "select call, since > now() - interval '1 minute' as fresh from step_waits",
  );
  expect(rows).toEqual([{ call: 2, fresh: true }]);
  answeringOne(answering("two"));
  await letGateBeTried();
  await hurry(galley, id);
  expect(await whenFinished(galley, id)).toMatchObject({ status: "completed", attempts: 1 });
  expect((await database.query("select from step_waits")).rowCount).toBe(0);
});

test("an error after a first event opens no gate: the waits grow", async () => {
  const galley = await start();
  const begun = stream([
    ...dialects.chat.begin(),
    `data: ${JSON.stringify({ error: { message: "no", code: "rate_limit_exceeded" } })}\n\n`,
  ]);
  server.otherwise(begun);
  const id = await submit(galley);
  await eventually(
    () => database.query("select refusals from provider_gates"),
    ({ rows }) => rows[0]?.refusals === 3,
  );
  await galley.service.cancel("local", id);
});

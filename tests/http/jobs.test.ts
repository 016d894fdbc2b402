import { afterAll, beforeAll, expect, test } from "@jest/globals";
import request from "supertest";
import { startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
let release: () => void;
const gate = new Promise<void>((resolve) => {
  release = resolve;
});

beforeAll(async () => {
  const held = async ({ input, signal }: { input: { text: string }; signal: AbortSignal }) => {
    if (input.text.startsWith("hold")) {
      await Promise.race([
        gate,
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
      ]);
    }
    return input;
  };
  galley = await startTestGalley({ jobTypes: [relay({ second: held })] });
});
afterAll(async () => {
  release();
  await galley.close();
});

const api = () => request(galley.url);
const submit = (body: object = {}) =>
  api()
    .post("/v1/jobs")
    .send({ type: "relay", input: { text: "go" }, ...body });

test("a job is accepted at once and read until it is done", async () => {
  const accepted = await submit({ tags: ["blog"], priority: 5 });
  expect(accepted.status).toBe(202);
  expect(accepted.headers.location).toBe(`/v1/jobs/${accepted.body.id}`);
  expect(accepted.headers["x-request-id"]).toMatch(/.{8}/);
  expect(accepted.body).toMatchObject({
    type: "relay",
    status: "pending",
    phase: "queued",
    percentage: 0,
    attempts: 0,
    maxAttempts: 3,
    cost: "0.000000000000",
    tokens: { input: 0, cachedInput: 0, output: 0 },
    priority: 5,
    tags: ["blog"],
    input: { text: "go" },
    result: null,
    error: null,
    startedAt: null,
  });
  await whenFinished(galley, accepted.body.id);
  const read = await api().get(accepted.headers.location ?? "");
  expect(read.body).toMatchObject({
    status: "completed",
    percentage: 100,
    result: { text: "go first" },
    queuePosition: null,
  });
  expect(read.headers["retry-after"]).toBeUndefined();

  const again = await api()
    .get(accepted.headers.location ?? "")
    .set("If-None-Match", read.headers.etag ?? "");
  expect(again.status).toBe(304);
});

test("a long poll is answered when the job changes", async () => {
  const { body: job } = await submit({ input: { text: "hold" } });
  for (let seen = job; seen.phase !== "second" || seen.attempts !== 1; ) {
    const read = await api().get(`/v1/jobs/${job.id}`).set("Prefer", "wait=10");
    expect(read.headers["preference-applied"] ?? "wait=10").toBe("wait=10");
    expect(read.headers["retry-after"]).toBe("2");
    seen = read.body;
  }
  const started = performance.now();
  const [answer] = await Promise.all([
    api().get(`/v1/jobs/${job.id}`).set("Prefer", "respond-async, wait=10"),
    api().post(`/v1/jobs/${job.id}/cancel`),
  ]);
  expect(answer.body.status).toBe("cancelled");
  expect(performance.now() - started).toBeLessThan(8_000);
});

test("a cancelled job stays cancelled, and says so again and again", async () => {
  const { body: job } = await submit({ input: { text: "hold" } });
  const first = await api().post(`/v1/jobs/${job.id}/cancel`);
  const second = await api().post(`/v1/jobs/${job.id}/cancel`);
  expect(first.body).toMatchObject({ id: job.id, status: "cancelled", error: null });
  expect(second.status).toBe(200);
  expect(second.body).toEqual(first.body);
});

test("a job that has completed cannot be cancelled", async () => {
  const { body: job } = await submit();
  await whenFinished(galley, job.id);
  const refused = await api().post(`/v1/jobs/${job.id}/cancel`);
  expect(refused.status).toBe(409);
  expect(refused.body).toMatchObject({ code: "conflict", detail: "The job has already completed." });
});

test("the same Idempotency-Key gives the same job, also for twenty requests at once", async () => {
  const send = (text: string) => submit({ input: { text } }).set("Idempotency-Key", "click-1");
  const answers = await Promise.all(Array.from({ length: 20 }, () => send("go")));
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
  expect(answers.filter(({ headers }) => headers["idempotency-replayed"] === "true")).toHaveLength(19);
  const { rows } = await galley.test.query(
    "select count(*)::integer as sent from galley_queue.job where name = 'relay.first' and data->>'jobId' = $1",
    [answers[0]?.body.id],
  );
  expect(rows).toEqual([{ sent: 1 }]);

  const other = await send("something else");
  expect(other.status).toBe(422);
  expect(other.body.code).toBe("idempotency_mismatch");
});

test("a newer job supersedes an older one in one step", async () => {
  const { body: older } = await submit({ input: { text: "hold" } });
  const { body: newer } = await submit({ supersedes: older.id });
  expect(newer.supersedes).toBe(older.id);
  expect((await api().get(`/v1/jobs/${older.id}`)).body.status).toBe("cancelled");
});

test("a list pages through jobs, newest first, while new ones arrive", async () => {
  const tag = "paged";
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) ids.push((await submit({ tags: [tag] })).body.id);
  const first = await api().get("/v1/jobs").query({ tag, limit: 2 });
  await submit({ tags: [tag] });
  const second = await api().get("/v1/jobs").query({ tag, limit: 2, cursor: first.body.nextCursor });
  const third = await api().get("/v1/jobs").query({ tag, limit: 2, cursor: second.body.nextCursor });
  const pages = [first, second, third].map(({ body }) => body.data.map((job: { id: string }) => job.id));
  expect(pages.flat()).toEqual(ids.toReversed());
  expect(third.body.nextCursor).toBeNull();
});

test("lists are filtered by status, type and text", async () => {
  const { body: job } = await submit({ input: { text: "100%_unique" } });
  await whenFinished(galley, job.id);
  const find = async (query: object) =>
    (await api().get("/v1/jobs").query(query)).body.data.map((one: { id: string }) => one.id);
  expect(await find({ q: "100%_UNI" })).toEqual([job.id]);
  expect(await find({ q: "100%_uni", status: "completed", type: "relay" })).toEqual([job.id]);
  expect(await find({ q: "100%_uni", status: "failed" })).toEqual([]);
  expect(await find({ type: "nothing" })).toEqual([]);
});

test("the history is there as JSON, from any number on", async () => {
  const { body: job } = await submit();
  await whenFinished(galley, job.id);
  const all = (await api().get(`/v1/jobs/${job.id}/events`)).body.data;
  expect(all.map(({ id }: { id: number }) => id)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(all[0]).toEqual({ id: 1, jobId: job.id, at: expect.any(String), type: "submitted", data: {} });
  expect((await api().get(`/v1/jobs/${job.id}/events?after=4`)).body.data).toEqual(all.slice(4));
  expect((await api().get(`/v1/jobs/${job.id}/events?after=99999999999`)).status).toBe(400);
});

test("the help of generate lists each type with its schema", async () => {
  const { body } = await api().get("/v1/types/relay");
  expect(body).toMatchObject({
    type: "relay",
    phases: ["first", "second"],
    input: { type: "object", required: ["text"] },
  });
  expect((await api().get("/v1/types")).body.data).toEqual([body]);
});

test("a replayed submission does not supersede again", async () => {
  const { body: older } = await submit({ input: { text: "hold" } });
  const send = () => submit({ supersedes: older.id }).set("Idempotency-Key", "supersede-once");
  const first = await send();
  await api().post(`/v1/jobs/${older.id}/resume`);
  const again = await send();
  expect([again.status, again.body.id]).toEqual([200, first.body.id]);
  expect((await api().get(`/v1/jobs/${older.id}`)).body.status).not.toBe("cancelled");
});

import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import request from "supertest";
import { z } from "zod";
import { jobTypes } from "../../jobs/index.ts";
import { defineJob, definePhase } from "../../src/author/index.ts";
import { isJobId } from "../../src/ids.ts";
import { createGate, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";

const route = "/api/ai/v2-queue";
const gate = createGate();
let galley: TestGalley;

// The real type's input, with a handler that fails, waits or answers as the title says.
const article = (() => {
  const input = jobTypes.find(({ type }) => type === "article")?.input ?? z.never();
  const writing = definePhase({
    name: "writing",
    input: z.looseObject({ topic: z.looseObject({ title: z.string() }) }),
    output: z.object({ title: z.string() }),
    retryLimit: 0,
    async run({ input: { topic }, signal }) {
      if (topic.title.startsWith("Fail")) throw new Error("no");
      if (topic.title.startsWith("Hold")) await gate.pass(signal);
      return { title: topic.title };
    },
  });
  const type = defineJob({
    type: "article",
    description: "",
    input: z.looseObject({ topic: z.looseObject({ title: z.string() }) }),
    phases: [writing],
    record: async () => ({ wordCount: 0, seoScore: 0 }),
  });
  return { ...type, input };
})();

beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [article] });
});
afterAll(async () => {
  gate.open();
  await galley.close();
});

const queue = (title: string, more: object = {}) =>
  request(galley.url)
    .post(route)
    .send({
      action: "queue",
      topic: { title, ...more },
      optimizeForSEO: true,
      targetWordCount: 800,
      temperature: 0.7,
      maxTokens: 4000,
    });
const read = (query: object) => request(galley.url).get(route).query(query);

test("queue answers with the job, which is then followed to its end", async () => {
  const { status, body } = await queue("How to tie a bowline", {
    keywords: "knot, rope",
    tone: "friendly",
    length: "short",
    template: "How-to Guide",
  });
  expect(status).toBe(200);
  expect(body).toEqual({
    success: true,
    data: { jobId: expect.any(String), estimatedCompletion: expect.any(String), status: "queued" },
  });
  // No job of the type has completed yet.
  const expectedSeconds = (Date.parse(body.data.estimatedCompletion) - Date.now()) / 1000;
  expect(expectedSeconds).toBeGreaterThan(100);
  expect(expectedSeconds).toBeLessThan(125);
  expect(isJobId(body.data.jobId)).toBe(true);

  await whenFinished(galley, body.data.jobId);
  const done = await read({ jobId: body.data.jobId });
  expect(done.body).toEqual({
    success: true,
    data: {
      jobId: body.data.jobId,
      phase: "completed",
      percentage: 100,
      currentStep: "Completed",
      startTime: expect.any(String),
      // Its components draw a zero as a lone "0".
      metadata: {},
    },
  });
  const next = await queue("Another");
  expect(new Date(next.body.data.estimatedCompletion).getTime()).toBeGreaterThan(Date.now() - 1_000);
});

test("the phases are the eight that the front end knows, with the reason of a failure as the step", async () => {
  const held = (await queue("Hold this")).body.data.jobId;
  await gate.reached;
  expect((await read({ jobId: held })).body.data).toMatchObject({
    phase: "writing",
    percentage: 0,
    metadata: {},
  });
  const failed = (await queue("Fail this")).body.data.jobId;
  await whenFinished(galley, failed);
  expect((await read({ jobId: failed })).body.data).toMatchObject({
    phase: "error",
    currentStep: "Something went wrong on our side.",
  });
});

test("a topic of the caller's own id is known from then on", async () => {
  const id = randomUUID();
  const first = await queue("Roses", { id, keywords: "rose, garden" });
  const second = await queue("Roses", { id });
  for (const { body } of [first, second]) {
    const job = await whenFinished(galley, body.data.jobId);
    expect(job.topicId).toBe(id);
  }
  const { rows } = await galley.test.query("select topic_title, keywords from topics where id = $1", [id]);
  expect(rows).toEqual([{ topic_title: "Roses", keywords: ["rose", "garden"] }]);
});

test("a batch is followed as a whole", async () => {
  const topics = [{ title: "One thing" }, { title: "Fail two" }, { title: "Three things" }];
  const { body } = await request(galley.url).post(route).send({ action: "batch", topics, targetWordCount: 600 });
  expect(body).toEqual({
    success: true,
    data: { batchId: expect.any(String), jobIds: expect.any(Array), jobCount: 3, status: "queued" },
  });
  for (const id of body.data.jobIds) await whenFinished(galley, id);
  const batch = await read({ batchId: body.data.batchId });
  expect(batch.body.data).toMatchObject({ batchId: body.data.batchId, completed: 2, total: 3 });
  expect(batch.body.data.jobs.map(({ jobId, phase }: { jobId: string; phase: string }) => [jobId, phase])).toEqual([
    [body.data.jobIds[0], "completed"],
    [body.data.jobIds[1], "error"],
    [body.data.jobIds[2], "completed"],
  ]);
});

describe("a double click with an Idempotency-Key", () => {
  const send = (body: object) => request(galley.url).post(route).set("Idempotency-Key", "double-click").send(body);
  const countJobs = async () =>
    (await galley.test.query("select count(*)::integer as jobs from generation_jobs")).rows[0].jobs;

  test("makes one job, and the same key with another topic none", async () => {
    const before = await countJobs();
    const click = { action: "queue", topic: { title: "Once only", id: randomUUID() } };
    const answers = await Promise.all([send(click), send(click), send(click)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.data.jobId)).size).toBe(1);
    await whenFinished(galley, answers[0]?.body.data.jobId);
    const late = await send(click);
    expect(late.body.data.jobId).toBe(answers[0]?.body.data.jobId);
    expect(Date.parse(late.body.data.estimatedCompletion)).toBeGreaterThan(Date.now() - 1_000);

    const other = await send({ action: "queue", topic: { title: "Something else" } });
    expect([other.status, Object.keys(other.body)]).toEqual([422, ["error"]]);
    expect(await countJobs()).toBe(before + 1);
  });

  test("makes one batch, and the same key with another batch none", async () => {
    const before = await countJobs();
    const topics = [{ title: "First of it" }, { title: "Second of it" }, { title: "Second of it" }];
    const answers = await Promise.all([1, 2, 3].map(() => send({ action: "batch", topics })));
    for (const { status, body } of answers) expect([status, body]).toEqual([200, answers[0]?.body]);
    expect(new Set(answers[0]?.body.data.jobIds).size).toBe(3);

    for (const others of [[...topics, { title: "Third" }], topics.slice(0, 2), topics.toReversed()]) {
      const other = await send({ action: "batch", topics: others });
      expect([other.status, Object.keys(other.body)]).toEqual([422, ["error"]]);
    }
    expect(await countJobs()).toBe(before + 3);
    const batch = await read({ batchId: answers[0]?.body.data.batchId });
    expect(batch.body.data.total).toBe(3);
  });

  test("without a key two clicks are two jobs", async () => {
    const before = await countJobs();
    await queue("Twice");
    await queue("Twice");
    expect(await countJobs()).toBe(before + 2);
  });

  test("a key that cannot be one is refused", async () => {
    const answer = await request(galley.url)
      .post(route)
      .set("Idempotency-Key", "x".repeat(256))
      .send({ action: "queue", topic: { title: "Roses" } });
    expect([answer.status, Object.keys(answer.body)]).toEqual([400, ["error"]]);
  });
});

test("a batch with one bad topic leaves nothing behind", async () => {
  const before = await galley.test.query("select count(*) from generation_jobs");
  const { status } = await request(galley.url)
    .post(route)
    .send({ action: "batch", topics: [{ title: "Good" }, { title: "x".repeat(3000) }] });
  expect(status).toBe(400);
  expect((await galley.test.query("select count(*) from generation_jobs")).rows).toEqual(before.rows);
});

test("cancel takes the id from the body or from the query", async () => {
  const inBody = (await queue("Hold one")).body.data.jobId;
  const inQuery = (await queue("Hold two")).body.data.jobId;
  const first = await request(galley.url).delete(route).send({ jobId: inBody });
  const second = await request(galley.url).delete(route).query({ jobId: inQuery });
  expect(first.body).toEqual({ success: true, data: { jobId: inBody, status: "cancelled" } });
  expect(second.body).toEqual({ success: true, data: { jobId: inQuery, status: "cancelled" } });
  expect((await read({ jobId: inBody })).body.data).toMatchObject({ phase: "error", currentStep: "Cancelled" });
});

test("statistics and the service's own description", async () => {
  const stats = await read({ stats: "true" });
  expect(stats.body).toEqual({
    success: true,
    data: {
      queue: expect.objectContaining({ total_jobs: expect.any(Number), completed_jobs: expect.any(Number) }),
      timestamp: expect.any(String),
    },
  });
  const { rows } = await galley.test.query("select count(*)::integer as total from generation_jobs");
  expect(stats.body.data.queue.total_jobs).toBe(rows[0].total);
  const about = await read({});
  expect(about.body.data).toMatchObject({
    service: expect.any(String),
    version: expect.any(String),
    status: "active",
    queue: { total_jobs: rows[0].total },
    capabilities: {
      backgroundProcessing: true,
      batchOperations: true,
      progressTracking: true,
      retryMechanism: true,
    },
  });
});

test.each([
  ["no title", { action: "queue", topic: {} }, "Topic with title is required"],
  ["a blank title", { action: "queue", topic: { title: "  " } }, "Topic with title is required"],
  ["no topics", { action: "batch" }, "Array of topics is required"],
  ["another action", { action: "dance" }, "Unknown action: dance"],
  ["no action", {}, "Unknown action: undefined"],
])("POST with %s", async (_name, body, error) => {
  const answer = await request(galley.url).post(route).send(body);
  expect([answer.status, answer.body]).toEqual([400, { error }]);
});

test("an id that is no UUID, a body that is no JSON, a job that is none", async () => {
  const wrongId = await queue("Roses", { id: "7" });
  expect([wrongId.status, Object.keys(wrongId.body)]).toEqual([400, ["error"]]);
  const notJson = await request(galley.url).post(route).set("Content-Type", "application/json").send("{");
  expect([notJson.status, notJson.body]).toEqual([400, { error: "The body could not be read as JSON." }]);
  expect((await read({ jobId: "job_x" })).body).toEqual({ error: "Job not found: job_x" });
  expect((await read({ jobId: "job_x" })).status).toBe(404);
  expect((await read({ batchId: "batch_x" })).body).toEqual({ error: "Batch not found: batch_x" });
  const noId = await request(galley.url).delete(route);
  expect([noId.status, noId.body]).toEqual([400, { error: "jobId parameter is required" }]);
});

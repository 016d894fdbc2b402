import { afterAll, beforeAll, expect, test } from "@jest/globals";
import request from "supertest";
import { newBatchId } from "../../src/ids.ts";
import { createGate, eventually, startTestGalley, type TestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
let gate = createGate();
beforeAll(async () => {
  const first = async ({ input, signal }: { input: { text: string }; signal: AbortSignal }) => {
    if (input.text === "hold") await gate.pass(signal);
    if (input.text === "fail") throw new Error("no");
    return input;
  };
  galley = await startTestGalley({ jobTypes: [relay({ first }, { retryLimit: 0 })] });
});
afterAll(() => galley.close());

const job = (text: string, more: object = {}) => ({ type: "relay", input: { text }, ...more });
const post = (path: string, body: object = {}, headers: Record<string, string> = {}) =>
  request(galley.url).post(path).set(headers).send(body);
const read = async (id: string) => (await request(galley.url).get(`/v1/batches/${id}`)).body;
const whenCompleted = (id: string) =>
  eventually(
    () => read(id),
    ({ status }) => status === "completed",
  );
const countJobs = async () => (await galley.test.query("select from generation_jobs")).rowCount ?? 0;

test("a batch is followed through its jobs, and completes once", async () => {
  const answer = await post("/v1/batches", { jobs: [job("a"), job("fail", { tags: ["own"] })], tags: ["spring"] });
  expect([answer.status, answer.get("Location")]).toEqual([202, `/v1/batches/${answer.body.id}`]);
  expect(answer.body).toMatchObject({ status: "processing", total: 2, tags: ["spring"], completedAt: null });
  const { id } = answer.body;
  const done = await whenCompleted(id);
  expect(done).toMatchObject({
    percentage: 100,
    counts: { pending: 0, processing: 0, completed: 1, failed: 1, cancelled: 0 },
    cost: "0.000000000000",
    jobs: [
      { status: "completed", errorCode: null },
      { status: "failed", errorCode: "internal" },
    ],
  });
  expect(done.completedAt).not.toBeNull();
  const listed = (await request(galley.url).get(done.urls.jobs)).body.data;
  expect(listed.map(({ tags }: { tags: string[] }) => tags)).toEqual([["own", "spring"], ["spring"]]);

  await post(`/v1/jobs/${done.jobs[1].id}/resume`);
  await eventually(
    () => galley.service.find("local", done.jobs[1].id),
    ({ status, eventCount }) => status === "failed" && eventCount > 6,
  );
  expect((await whenCompleted(id)).completedAt).toBe(done.completedAt);
  const { rows } = await galley.test.query("select live from batches where id = $1", [id]);
  expect(rows).toEqual([{ live: 0 }]);
});

test("of a thousand jobs all are written within one transaction, or none", async () => {
  const jobs = Array.from({ length: 1_000 }, (_, index) => job(`text ${index}`));
  const before = await countJobs();
  const broken = jobs
    .with(7, job("x", { priority: 1_000 }))
    .with(500, { type: "relay", input: { text: 7 } } as never);
  const refused = await post("/v1/batches", { jobs: broken });
  expect([refused.status, refused.body.errors.map(({ pointer }: { pointer: string }) => pointer)]).toEqual([
    400,
    ["/jobs/7/priority"],
  ]);
  const unfit = await post("/v1/batches", {
    jobs: jobs.with(3, { ...job("x"), type: "none" }).with(500, { type: "relay", input: { text: 7 } } as never),
  });
  expect(unfit.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
    "/jobs/3/type",
    "/jobs/500/input/text",
  ]);
  expect(await countJobs()).toBe(before);

  const { body } = await post("/v1/batches", { jobs });
  expect(await countJobs()).toBe(before + 1_000);
  const { rows } = await galley.test.query(
    "select count(distinct xmin::text)::integer as transactions from generation_job_events where type = 'submitted' and job_id in (select id from generation_jobs where batch_id = $1)",
    [body.id],
  );
  expect(rows).toEqual([{ transactions: 1 }]);
  expect((await post("/v1/batches", { jobs: [...jobs, job("one more")] })).status).toBe(400);
  expect((await whenCompleted(body.id)).counts).toMatchObject({ completed: 1_000 });
}, 60_000);

test("the same key and body give the same batch, however many come at once", async () => {
  const before = await countJobs();
  const body = { jobs: [job("same"), job("other")] };
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => post("/v1/batches", body, { "Idempotency-Key": "batch-1" })),
  );
  expect(new Set(answers.map(({ body: batch }) => batch.id)).size).toBe(1);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array(19).fill(200), 202]);
  expect(await countJobs()).toBe(before + 2);
  const other = await post("/v1/batches", { jobs: [job("another")] }, { "Idempotency-Key": "batch-1" });
  expect([other.status, other.body.code]).toEqual([422, "idempotency_mismatch"]);
});

test("cancel reaches what is not finished, and gives the same answer again", async () => {
  gate = createGate();
  const { body } = await post("/v1/batches", {
    jobs: [job("quick"), job("hold"), job("later", { startAfter: "2999-01-01T00:00:00Z" })],
  });
  await gate.reached;
  await eventually(
    () => read(body.id),
    ({ counts }) => counts.completed === 1,
  );
  for (let again = 0; again < 2; again++) {
    const { status, body: cancelled } = await post(`/v1/batches/${body.id}/cancel`);
    expect([status, cancelled.status, cancelled.counts]).toEqual([
      200,
      "completed",
      { pending: 0, processing: 0, completed: 1, failed: 0, cancelled: 2 },
    ]);
  }
});

test("a topic that is not there is named by its place, and an unknown batch is no one's", async () => {
  const topicId = "00000000-0000-4000-8000-000000000000";
  const refused = await post("/v1/batches", { jobs: [job("a"), job("b", { topicId })] });
  expect(refused.body.errors).toEqual([{ pointer: "/jobs/1/topicId", message: `there is no topic ${topicId}` }]);
  for (const id of [newBatchId(), "batch_x"]) {
    expect((await request(galley.url).get(`/v1/batches/${id}`)).status).toBe(404);
    expect((await post(`/v1/batches/${id}/cancel`)).status).toBe(404);
  }
});

test("a batch goes with the last of its jobs", async () => {
  const { body } = await post("/v1/batches", { jobs: [job("a"), job("b")] });
  await whenCompleted(body.id);
  await galley.test.query("delete from generation_jobs where id = $1", [body.jobs[0].id]);
  expect((await read(body.id)).total).toBe(1);
  await galley.test.query("delete from generation_jobs where id = $1", [body.jobs[1].id]);
  expect((await request(galley.url).get(`/v1/batches/${body.id}`)).status).toBe(404);
});

test("batches are listed newest first in pages, each as it is read alone, without its jobs", async () => {
  gate = createGate();
  const ids: string[] = [];
  for (const text of ["a", "fail", "hold"]) {
    ids.unshift((await post("/v1/batches", { jobs: [job(text), job("b")], tags: [text] })).body.id);
  }
  await gate.reached;
  await Promise.all(
    ids.map((id, index) =>
      eventually(
        () => read(id),
        ({ counts }) => counts.completed + counts.failed === (index === 0 ? 1 : 2),
      ),
    ),
  );
  const list = async (query: object) => (await request(galley.url).get("/v1/batches").query(query)).body;
  const first = await list({ limit: 2 });
  expect(first.nextCursor).toBe(ids[1]);
  const second = await list({ limit: 1, cursor: first.nextCursor });
  const listed = [...first.data, ...second.data];
  const alone = await Promise.all(ids.map(read));
  expect(listed).toEqual(alone.map(({ jobs: _, ...batch }) => batch));
  expect(listed.map(({ status, tags }) => [status, ...tags])).toEqual([
    ["processing", "hold"],
    ["completed", "fail"],
    ["completed", "a"],
  ]);
  expect((await list({ limit: 100 })).nextCursor).toBeNull();
  gate.open();
  await whenCompleted(ids[0] as string);
});

test("the cost of a listed batch is the sum of its jobs', unknown as soon as one is", async () => {
  const { body } = await post("/v1/batches", { jobs: [job("a"), job("b")] });
  await whenCompleted(body.id);
  const price = async (cost: string | null, index: number) =>
    await galley.test.query("update generation_jobs set cost = $1 where id = $2", [cost, body.jobs[index].id]);
  const listed = async () => (await request(galley.url).get("/v1/batches?limit=1")).body.data[0].cost;
  await price("0.000000000001", 0);
  await price("12.5", 1);
  expect(await listed()).toBe("12.500000000001");
  await price(null, 0);
  expect(await listed()).toBeNull();
});

test("a cursor that no page gave is refused", async () => {
  const { status, body } = await request(galley.url).get("/v1/batches?cursor=x");
  expect([status, body.errors]).toEqual([400, [{ pointer: "/cursor", message: "expected the id of a batch" }]]);
});

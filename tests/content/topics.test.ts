import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { PermanentError } from "../../src/author/index.ts";
import { cancelLocked } from "../../src/generation/family/cancel.ts";
import { lockJob, transactJobs, writeLocked } from "../../src/generation/job/locked-jobs.ts";
import { reconcile } from "../../src/generation/upkeep/reconciler.ts";
import { newUuid } from "../../src/ids.ts";
import { createLog } from "../../src/log/log.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import {
  crash,
  createGate,
  eventually,
  loseLastWorker,
  startTestGalley,
  type TestGalley,
  whenFinished,
} from "../support/galley.ts";
import { lockWaits } from "../support/lock-waits.ts";
import { relay } from "../support/types.ts";

/** Fails for the text "fail" until the test has helped; waits at the gate for the text "hold". */
let isHelped = false;
let gate = createGate();
const jobType = relay(
  {
    async first({ input, signal }) {
      if (input.text === "fail" && !isHelped) throw new PermanentError("Nobody can do this.");
      if (input.text === "hold") await gate.pass(signal);
      return input;
    },
  },
  { retryLimit: 0 },
);

let database: TestDatabase;
let galley: TestGalley;
beforeAll(async () => {
  database = await createTestDatabase();
  galley = await startTestGalley({ jobTypes: [jobType], test: database });
});
beforeEach(() => {
  isHelped = false;
  gate = createGate();
});
afterEach(() => gate.open());
afterAll(async () => {
  await galley.close();
  await database.drop();
});

async function newTopic(status = "pending"): Promise<string> {
  const id = newUuid();
  await database.query("insert into topics (id, topic_title, status) values ($1, 'Bread', $2)", [id, status]);
  return id;
}

async function readTopic(id: string): Promise<{ status: string; used: boolean }> {
  const { rows } = await database.query("select status, used_at is not null as used from topics where id = $1", [
    id,
  ]);
  return rows[0];
}

async function submit(topicId: string, text: string, more: object = {}): Promise<string> {
  const { body } = await request(galley.url)
    .post("/v1/jobs")
    .send({ type: "relay", input: { text }, topicId, ...more });
  return body.id;
}
const post = (jobId: string, action: string) => request(galley.url).post(`/v1/jobs/${jobId}/${action}`).send({});

/** Until the work is done, or waits for what another transaction holds. */
async function settledOrBlocked(work: Promise<unknown>): Promise<void> {
  let isSettled = false;
  void work.finally(() => {
    isSettled = true;
  });
  await eventually(
    async () => isSettled || (await lockWaits(database)).length > 0,
    (isOver) => isOver,
  );
}

const pending = { status: "pending", used: false };
const inProgress = { status: "in_progress", used: false };
const completed = { status: "completed", used: true };

test("a topic is in progress while its job is, and completed with it", async () => {
  const topic = await newTopic();
  const job = await submit(topic, "hold");
  expect(await readTopic(topic)).toEqual(inProgress);
  gate.open();
  await whenFinished(galley, job);
  expect(await readTopic(topic)).toEqual(completed);
});

test("a topic whose job fails is pending again, and in progress once the job is resumed", async () => {
  const topic = await newTopic();
  const job = await submit(topic, "fail");
  expect(await whenFinished(galley, job)).toMatchObject({ status: "failed" });
  expect(await readTopic(topic)).toEqual(pending);

  await post(job, "resume");
  expect(await whenFinished(galley, job)).toMatchObject({ status: "failed" });
  expect(await readTopic(topic)).toEqual(pending);

  isHelped = true;
  await post(job, "resume");
  expect(await whenFinished(galley, job)).toMatchObject({ status: "completed" });
  expect(await readTopic(topic)).toEqual(completed);
});

test("a topic whose job is cancelled is pending again, and in progress while it is resumed", async () => {
  const topic = await newTopic();
  const job = await submit(topic, "hold", { startAfter: new Date(Date.now() + 3_600_000).toISOString() });
  expect(await readTopic(topic)).toEqual(inProgress);
  await post(job, "cancel");
  await post(job, "cancel");
  expect(await readTopic(topic)).toEqual(pending);
  await post(job, "resume");
  expect(await readTopic(topic)).toEqual(inProgress);
  await post(job, "cancel");
  expect(await readTopic(topic)).toEqual(pending);
});

test("a topic stays in progress as long as one of its jobs is live", async () => {
  const topic = await newTopic();
  const [one, other, third] = [
    await submit(topic, "hold"),
    await submit(topic, "hold"),
    await submit(topic, "fail"),
  ];
  await whenFinished(galley, third);
  expect(await readTopic(topic)).toEqual(inProgress);
  await post(one, "cancel");
  expect(await readTopic(topic)).toEqual(inProgress);
  await post(other, "cancel");
  expect(await readTopic(topic)).toEqual(pending);
});

test("two jobs of a topic that end at the same moment leave it pending", async () => {
  const topic = await newTopic();
  const [one, other] = [await submit(topic, "hold"), await submit(topic, "hold")];
  const { second } = await transactJobs(galley.database.db, async (transaction) => {
    const job = await lockJob(transaction, one);
    if (job) await cancelLocked(transaction, galley, job);
    await writeLocked(transaction);
    // Not committed yet, so the second one cannot see that the first one has ended.
    const ending = galley.service.cancel("local", other);
    await settledOrBlocked(ending);
    return { second: ending };
  });
  await second;
  expect(await readTopic(topic)).toEqual(pending);
});

test("a job that comes while the last one of its topic ends keeps the topic in progress", async () => {
  const topic = await newTopic();
  const one = await submit(topic, "hold");
  const { next } = await transactJobs(galley.database.db, async (transaction) => {
    const job = await lockJob(transaction, one);
    if (job) await cancelLocked(transaction, galley, job);
    await writeLocked(transaction);
    const coming = submit(topic, "hold");
    await settledOrBlocked(coming);
    return { next: coming };
  });
  const job = await next;
  expect(await readTopic(topic)).toEqual(inProgress);
  await post(job, "cancel");
});

test("a superseded job leaves its topic to the one that takes its place", async () => {
  const topic = await newTopic();
  const old = await submit(topic, "hold");
  const young = await submit(topic, "hold", { supersedes: old });
  expect(await readTopic(topic)).toEqual(inProgress);
  const another = await newTopic();
  const youngest = await submit(another, "hold", { supersedes: young });
  expect([await readTopic(topic), await readTopic(another)]).toEqual([pending, inProgress]);
  await post(youngest, "cancel");
});

test.each(["completed", "rejected"])(
  "a topic that is %s stays so, whatever becomes of another job",
  async (status) => {
    const topic = await newTopic(status);
    const job = await submit(topic, "hold");
    expect(await readTopic(topic)).toMatchObject({ status });
    await post(job, "cancel");
    expect(await readTopic(topic)).toMatchObject({ status });
    const failing = await submit(topic, "fail");
    await whenFinished(galley, failing);
    expect(await readTopic(topic)).toMatchObject({ status });
  },
);

test("a topic that is deleted cancels its live jobs at once, and they stay readable", async () => {
  const topic = await newTopic();
  const running = await submit(topic, "hold");
  const waiting = await submit(topic, "hold", { startAfter: new Date(Date.now() + 3_600_000).toISOString() });
  const done = await submit(topic, "done");
  await gate.reached;
  await whenFinished(galley, done);
  await database.query("delete from topics where id = $1", [topic]);

  for (const job of [running, waiting]) {
    const { body } = await request(galley.url).get(`/v1/jobs/${job}`);
    expect(body).toMatchObject({ status: "cancelled", topicId: null, currentStep: "Cancelled" });
    const row = await galley.service.find("local", job);
    expect(row.errorMessage).toBe("Its topic was deleted.");
    const last = (await galley.service.readEvents(row, 0)).at(-1);
    expect(last).toMatchObject({ type: "cancelled", data: { reason: "topic_deleted" } });
  }
  // Its handler waits at the gate until its signal is aborted.
  await eventually(galley.running, (count) => count === 0, 3);
  expect((await request(galley.url).get(`/v1/jobs/${done}`)).body).toMatchObject({
    status: "completed",
    topicId: null,
  });
  const drift = await reconcile({ ...galley, db: galley.database.db, log: createLog("silent") });
  expect(drift).toEqual({ resent: 0, failed: 0, unknownPhase: 0, cancelled: 2 });
});

test("a topic is pending again when the workers that claimed its job have died too often", async () => {
  const topic = await newTopic();
  const job = await submit(topic, "hold");
  await gate.reached;
  await loseLastWorker(galley, job);
  await galley.queue.supervise();
  expect(await whenFinished(galley, job)).toMatchObject({ status: "failed", errorCode: "worker_lost" });
  expect(await readTopic(topic)).toEqual(pending);
});

test("a topic is pending again when the reconciler finds that its job has failed unseen", async () => {
  await galley.close();
  const lost = await startTestGalley({ jobTypes: [jobType], test: database, env: { ROLES: "worker" } });
  galley = await startTestGalley({ jobTypes: [jobType], test: database, env: { ROLES: "api" } });
  const topic = await newTopic();
  const job = await submit(topic, "hold");
  await gate.reached;
  crash(lost);
  await loseLastWorker(lost, job);
  await galley.queue.supervise();
  expect(await readTopic(topic)).toEqual(inProgress);
  await reconcile({ ...galley, db: galley.database.db, log: createLog("silent") });
  expect(await readTopic(topic)).toEqual(pending);
  await lost.close();
});

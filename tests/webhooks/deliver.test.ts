import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { Webhook, WebhookVerificationError } from "standardwebhooks";
import request from "supertest";
import { createGate, eventually, startTestGalley, type TestGalley } from "../support/galley.ts";
import { type Received, type Receiver, startReceiver, status } from "../support/receiver.ts";
import { relay } from "../support/types.ts";

const allowed = { WEBHOOK_ALLOWED_ADDRESSES: "127.0.0.1" };

let galley: TestGalley;
let receiver: Receiver;
let gate = createGate();
const first = async ({ input, signal }: { input: { text: string }; signal: AbortSignal }) => {
  if (input.text === "hold") await gate.pass(signal);
  if (input.text === "fail") throw new Error("no");
  return input;
};
const jobTypes = [relay({ first }, { retryLimit: 0 })];
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes, env: allowed });
});
afterAll(() => galley.close());
beforeEach(async () => {
  await galley.test.query("delete from webhook_endpoints");
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

const post = async (path: string, body: object = {}) => (await request(galley.url).post(path).send(body)).body;
const submit = async (text: string, more: object = {}): Promise<string> =>
  (await post("/v1/jobs", { type: "relay", input: { text }, ...more })).id;
const register = (events?: string[]) => post("/v1/webhooks", { url: receiver.url, ...(events && { events }) });
const logOf = async (id: string) => (await request(galley.url).get(`/v1/jobs/${id}/deliveries`)).body.data;
const whenLogged = (id: string, accept: (delivery: Record<string, unknown>) => boolean) =>
  eventually(
    () => logOf(id),
    (log) => log.length > 0 && log.every(accept),
  );
const verify = (secret: string, { text, headers }: Received) =>
  new Webhook(secret).verify(text, headers as Record<string, string>);

/** How many tries have ended so, as the metrics count them. */
async function tries(outcome: string): Promise<number> {
  const { text } = await request(galley.url).get("/metrics");
  return Number(new RegExp(`^galley_webhook_deliveries_total{outcome="${outcome}"} (\\d+)$`, "m").exec(text)?.[1]);
}

/** Makes due what waits for its next try. */
async function makeDue({ test }: Pick<TestGalley, "test">): Promise<void> {
  await test.query("update galley_queue.job set start_after = now() where name = 'webhook' and state < 'active'");
  await test.query("select pg_notify('galley:public', '{}')");
}

test("a job's end is told once, signed, with the job as it is read but for its input", async () => {
  const { secret, id: webhookId } = await register();
  const id = await submit("go");
  const [one] = (await receiver.whenReceived(1)) as [Received];
  expect(verify(secret, one)).toEqual(one.event);
  expect(() => verify(secret, { ...one, text: one.text.replace("job.", "jab.") })).toThrow(
    WebhookVerificationError,
  );
  const { input, ...job } = (await request(galley.url).get(`/v1/jobs/${id}`)).body;
  expect(input).toEqual({ text: "go" });
  expect(one.event).toEqual({ type: "job.completed", timestamp: expect.any(String), data: job });
  expect(await whenLogged(id, ({ state }) => state === "delivered")).toEqual([
    {
      id: one.id,
      type: "job.completed",
      jobId: id,
      batchId: null,
      webhookId,
      host: new URL(receiver.url).host,
      state: "delivered",
      attempts: 1,
      lastStatus: 204,
      lastError: null,
      createdAt: one.event.timestamp,
      nextAttemptAt: null,
      deliveredAt: expect.any(String),
      urls: { redeliver: `/v1/deliveries/${one.id}/redeliver` },
    },
  ]);
  expect(receiver.received).toHaveLength(1);
});

test("an endpoint hears of what it wants, and a job's own webhookUrl of that job alone", async () => {
  await register(["job.failed"]);
  const { jobSecret } = (await request(galley.url).get("/v1/webhooks")).body;
  const own = await submit("go", { webhookUrl: receiver.url });
  const quiet = await submit("go");
  const failed = await submit("fail");
  const received = await receiver.whenReceived(2);
  const seen = received.map(({ event }) => [event.type, event.data.id]);
  expect(seen.toSorted()).toEqual([
    ["job.completed", own],
    ["job.failed", failed],
  ]);
  expect(await logOf(quiet)).toEqual([]);
  const ofJob = received.find(({ event }) => event.data.id === own) as Received;
  expect(verify(jobSecret, ofJob)).toEqual(ofJob.event);
});

test("what is answered with 500 is sent again under the same id, until it is taken", async () => {
  await register();
  receiver.script(status(500), status(503));
  const id = await submit("go");
  const [waiting] = await whenLogged(id, ({ attempts }) => attempts === 1);
  expect(waiting).toMatchObject({ state: "pending", lastStatus: 500, lastError: "refused" });
  const seconds = (Date.parse(waiting.nextAttemptAt) - Date.now()) / 1000;
  expect(seconds).toBeGreaterThan(20);
  expect(seconds).toBeLessThan(61);
  await makeDue(galley);
  await whenLogged(id, ({ attempts }) => attempts === 2);
  await makeDue(galley);
  const [delivered] = await whenLogged(id, ({ state }) => state === "delivered");
  expect(delivered).toMatchObject({ attempts: 3, lastStatus: 204, lastError: null, nextAttemptAt: null });
  expect(new Set(receiver.received.map((one) => one.id))).toEqual(new Set([waiting.id]));
  expect(new Set(receiver.received.map((one) => one.text)).size).toBe(1);
});

test("after sixteen tries a delivery has failed, and by hand it is sent once more under the same id", async () => {
  await register();
  const outcomes = ["retried", "failed", "delivered"];
  const before = await Promise.all(outcomes.map(tries));
  receiver.script(status(500));
  const id = await submit("go");
  await whenLogged(id, ({ attempts }) => attempts === 1);
  await galley.test.query(
    "update galley_queue.job set retry_count = retry_limit - 1 where name = 'webhook' and state = 'retry'",
  );
  receiver.script(status(500));
  await makeDue(galley);
  const [failed] = await whenLogged(id, ({ state }) => state === "failed");
  expect(failed).toMatchObject({ attempts: 2, lastStatus: 500, nextAttemptAt: null });
  const answer = await request(galley.url).post(failed.urls.redeliver);
  expect([answer.status, answer.body.state]).toEqual([202, "pending"]);
  const [delivered] = await whenLogged(id, ({ state }) => state === "delivered");
  expect(delivered).toMatchObject({ id: failed.id, attempts: 3, lastStatus: 204 });
  await post(failed.urls.redeliver);
  const received = await receiver.whenReceived(4);
  expect(new Set(received.map((one) => one.id))).toEqual(new Set([failed.id]));
  const counted = await eventually(
    () => Promise.all(outcomes.map(tries)),
    ([, , delivered = 0]) => delivered - (before[2] ?? 0) === 2,
  );
  expect(counted.map((count, index) => count - (before[index] ?? 0))).toEqual([1, 1, 2]);
});

test("what waits for its next try is sent at once by hand, and once", async () => {
  await register();
  receiver.script(status(500));
  const id = await submit("go");
  const [waiting] = await whenLogged(id, ({ attempts }) => attempts === 1);
  await post(waiting.urls.redeliver);
  await whenLogged(id, ({ state }) => state === "delivered");
  await makeDue(galley);
  const { rows } = await eventually(
    () => galley.test.query("select from galley_queue.job where name = 'webhook' and state <= 'active'"),
    ({ rows }) => rows.length === 0,
  );
  expect(rows).toEqual([]);
  expect(receiver.received).toHaveLength(2);
});

test("a batch tells once that it has completed, also when a job of it is resumed", async () => {
  await register(["batch.completed"]);
  const jobs = ["go", "fail"].map((text) => ({ type: "relay", input: { text } }));
  const { id } = await post("/v1/batches", { jobs });
  const [one] = (await receiver.whenReceived(1)) as [Received];
  expect(one.event).toMatchObject({
    type: "batch.completed",
    data: { id, status: "completed", counts: { completed: 1, failed: 1 } },
  });
  const failed = (one.event.data.jobs as { id: string; status: string }[]).find(
    ({ status }) => status === "failed",
  );
  await post(`/v1/jobs/${failed?.id}/resume`);
  await eventually(
    () => galley.service.find("local", failed?.id ?? ""),
    ({ status, eventCount }) => status === "failed" && eventCount > 6,
  );
  const { rows } = await galley.test.query("select type from webhook_deliveries where batch_id = $1", [id]);
  expect(rows).toEqual([{ type: "batch.completed" }]);
});

test("a job that ends again is told of again, under another id", async () => {
  await register();
  const id = await submit("fail");
  await receiver.whenReceived(1);
  await post(`/v1/jobs/${id}/resume`);
  const received = await receiver.whenReceived(2);
  expect(received.map(({ event }) => event.type)).toEqual(["job.failed", "job.failed"]);
  expect(new Set(received.map((one) => one.id)).size).toBe(2);
});

test("what an API process cancels, a worker of another process delivers at once", async () => {
  const api = await startTestGalley({ jobTypes, test: galley.test, env: { ...allowed, ROLES: "api" } });
  try {
    await register(["job.cancelled"]);
    gate = createGate();
    const id = await submit("hold");
    await gate.reached;
    const begunAt = performance.now();
    await request(api.url).post(`/v1/jobs/${id}/cancel`);
    const [one] = (await receiver.whenReceived(1)) as [Received];
    expect(one.event).toMatchObject({ type: "job.cancelled", data: { id, status: "cancelled" } });
    // The poll comes every five seconds.
    expect(performance.now() - begunAt).toBeLessThan(3_000);
  } finally {
    await api.close();
  }
});

test("to an endpoint that was deleted nothing more is sent, and its log stays", async () => {
  const { id: webhookId } = await register();
  receiver.script(status(500));
  const id = await submit("go");
  await whenLogged(id, ({ attempts }) => attempts === 1);
  const gone = await request(galley.url).delete(`/v1/webhooks/${webhookId}`);
  expect(gone.status).toBe(204);
  await makeDue(galley);
  await whenLogged(id, ({ state, lastError }) => state === "failed" && lastError === "endpoint_deleted");
  await submit("go");
  expect((await request(galley.url).get("/v1/webhooks")).body.data).toEqual([]);
  expect(receiver.received).toHaveLength(1);
});

test("deliveries go with their job, and those of a batch with the batch", async () => {
  await register();
  const { id } = await post("/v1/batches", { jobs: [{ type: "relay", input: { text: "go" } }] });
  await receiver.whenReceived(2);
  const count = async () =>
    (
      await galley.test.query(
        "select from webhook_deliveries where batch_id = $1 or job_id in (select id from generation_jobs where batch_id = $1)",
        [id],
      )
    ).rowCount;
  expect(await count()).toBe(2);
  const jobs = await galley.test.query("delete from generation_jobs where batch_id = $1 returning id", [id]);
  const left = await galley.test.query("select from webhook_deliveries where batch_id = $1 or job_id = $2", [
    id,
    jobs.rows[0].id,
  ]);
  expect(left.rowCount).toBe(0);
});

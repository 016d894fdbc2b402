import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { reconcile } from "../../src/generation/upkeep/reconciler.ts";
import { createLog } from "../../src/log/log.ts";
import { createGate, eventTypes, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
let gate: ReturnType<typeof createGate>;
const others: TestGalley[] = [];
beforeEach(async () => {
  gate = createGate();
  galley = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api" } });
});
afterEach(async () => {
  for (const one of others.splice(0)) await one.close();
  await galley.close();
});

async function startWorker(): Promise<void> {
  const first = ({ input, signal }: { input: { text: string }; signal: AbortSignal }) =>
    input.text === "hold" ? gate.pass(signal).then(() => input) : Promise.resolve(input);
  const env = { ROLES: "worker", WORKER_CONCURRENCY: "1" };
  others.push(await startTestGalley({ jobTypes: [relay({ first })], test: galley.test, env }));
}
const post = (body: object) =>
  request(galley.url)
    .post("/v1/jobs")
    .send({ type: "relay", input: { text: "go" }, ...body });
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();
/** The time that was set for the job is over. */
const letPass = (id: string) =>
  galley.test.query("update generation_jobs set start_before = now() - interval '1 second' where id = $1", [id]);
const look = () => reconcile({ ...galley, db: galley.database.db, log: createLog("silent") });
const expired = {
  status: "failed",
  attempts: 0,
  startedAt: null,
  error: { code: "expired", message: "The job had not begun by the time that was set for it.", retryable: false },
};
const read = async (id: string) => (await request(galley.url).get(`/v1/jobs/${id}`)).body;

test("a job that no worker has begun in time fails, and its queue job goes", async () => {
  const { body } = await post({ startBefore: inAnHour() });
  const kept = await post({ startBefore: inAnHour() });
  await letPass(body.id);
  await look();
  const job = await read(body.id);
  expect(job).toMatchObject(expired);
  expect(await eventTypes(galley, await galley.service.find("local", body.id))).toEqual(["submitted", "failed"]);
  expect((await read(kept.body.id)).status).toBe("pending");
  const { rows } = await galley.test.query("select state from galley_queue.job where data->>'jobId' = $1", [
    body.id,
  ]);
  expect(rows).toEqual([{ state: "cancelled" }]);
});

test("a worker that comes too late does not begin it, and begins what is in time", async () => {
  const { body: late } = await post({ startBefore: inAnHour() });
  const { body: inTime } = await post({ startBefore: inAnHour() });
  await letPass(late.id);
  await startWorker();
  expect(await whenFinished(galley, inTime.id)).toMatchObject({ status: "completed" });
  await whenFinished(galley, late.id);
  expect(await read(late.id)).toMatchObject(expired);
});

test("a job that has begun goes on beyond its time, also in a later phase", async () => {
  await startWorker();
  const { body } = await post({ input: { text: "hold" }, startBefore: inAnHour() });
  await gate.reached;
  await letPass(body.id);
  await look();
  gate.open();
  expect(await whenFinished(galley, body.id)).toMatchObject({ status: "completed" });
});

test("resumed by hand, an expired job runs", async () => {
  const { body } = await post({ startBefore: inAnHour() });
  await letPass(body.id);
  await look();
  await startWorker();
  expect((await request(galley.url).post(`/v1/jobs/${body.id}/resume`).send({})).body.startBefore).toBeNull();
  expect(await whenFinished(galley, body.id)).toMatchObject({ status: "completed", errorCode: null });
});

test("a time that is not after startAfter is refused", async () => {
  const time = inAnHour();
  const { status, body } = await post({ startAfter: time, startBefore: time });
  expect([status, body.errors]).toEqual([
    400,
    [{ pointer: "/startBefore", message: "expected a time after startAfter" }],
  ]);
});

import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import type { PhaseContext } from "../../src/author/index.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createGate, eventually, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { type Line, openLine } from "../support/line.ts";
import { lockWaits } from "../support/lock-waits.ts";
import { relay } from "../support/types.ts";

let database: TestDatabase;
let line: Line;
let galley: TestGalley;
beforeEach(async () => {
  database = await createTestDatabase();
  line = await openLine(database.url);
});
afterEach(async () => {
  line.mend();
  await galley.close();
  await line.close();
  await database.drop();
});

type Given = PhaseContext<{ text: string }>;

async function start(first: (given: Given) => Promise<{ text: string }>): Promise<void> {
  galley = await startTestGalley({
    jobTypes: [relay({ first })],
    test: { ...database, url: line.url },
    env: { DATABASE_TIMEOUT_SECONDS: "2" },
  });
}
const submit = async () => (await galley.service.submit("local", { type: "relay", input: { text: "go" } })).job.id;
const notifications = async () => (await request(galley.url).get("/readyz")).body.checks.notifications;

test("a listening connection that goes silent is noticed; jobs go on and are cancelled until it is back", async () => {
  const gate = createGate();
  const stopped = Promise.withResolvers<void>();
  await start(async ({ input, attempt, signal }) => {
    if (input.text === "go" || attempt > 1) return input;
    signal.addEventListener("abort", () => stopped.resolve());
    await gate.pass(signal);
    return input;
  });
  await eventually(notifications, (now) => now === "listening");
  const held = (await galley.service.submit("local", { type: "relay", input: { text: "hold" } })).job.id;
  await gate.reached;

  line.silence("galley listener");
  const id = await submit();
  expect(await whenFinished(galley, id)).toMatchObject({ status: "completed", attempts: 1 });
  await galley.service.cancel("local", held);
  await stopped.promise;
  await eventually(notifications, (now) => now === "polling");
  expect(await galley.service.find("local", held)).toMatchObject({ status: "cancelled" });

  line.mend();
  await eventually(notifications, (now) => now === "listening");
});

test("when all connections go silent, requests get 503 in time, and running work is kept once the line is mended", async () => {
  const gate = createGate();
  const paid: number[] = [];
  await start(async ({ input, step }) => {
    await step("paid", input, async () => {
      paid.push(1);
      await gate.pass();
    });
    return input;
  });
  const id = await submit();
  await gate.reached;
  // So that the requests below find open connections that have gone silent.
  await Promise.all(Array.from({ length: 10 }, () => request(galley.url).get(`/v1/jobs/${id}`)));
  line.silence();
  gate.open();

  const asked = performance.now();
  const refused = await Promise.all([
    request(galley.url).get(`/v1/jobs/${id}`),
    request(galley.url)
      .post("/v1/jobs")
      .send({ type: "relay", input: { text: "go" } }),
    request(galley.url).post(`/v1/jobs/${id}/cancel`),
    request(galley.url).get("/readyz"),
  ]);
  expect(refused.map(({ status, headers }) => [status, headers["retry-after"]])).toEqual(
    refused.map(() => [503, "5"]),
  );
  // Two seconds for an answer, or five for a new connection; without a limit the system's own is many minutes.
  expect(performance.now() - asked).toBeLessThan(20_000);

  line.mend();
  const job = await eventually(
    () => galley.service.find("local", id).catch(() => null),
    (found) => found?.status === "completed",
    15,
  );
  expect(job).toMatchObject({ status: "completed" });
  expect(paid).toEqual([1]);
});

test("the locks of a transaction that was cut off are free again soon after", async () => {
  const gate = createGate();
  await start(async ({ input, signal }) => {
    await gate.pass(signal);
    return input;
  });
  const id = await submit();
  await gate.reached;
  await database.query("begin");
  await database.query("select from generation_jobs where id = $1 for update", [id]);
  const cut = request(galley.url)
    .post(`/v1/jobs/${id}/cancel`)
    .then((response) => response);
  await eventually(
    () => lockWaits(database),
    ({ length }) => length > 0,
  );
  line.silence();
  // The server gives the lock to a transaction whose client is not there any more.
  await database.query("commit");
  expect((await cut).status).toBe(503);

  line.mend();
  const cancel = () => request(galley.url).post(`/v1/jobs/${id}/cancel`);
  await eventually(
    async () => (await cancel()).status,
    (status) => status === 200,
  );
  expect(await galley.service.find("local", id)).toMatchObject({ status: "cancelled" });
});

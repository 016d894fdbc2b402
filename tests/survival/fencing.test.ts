import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { JobType } from "../../src/author/index.ts";
import type { JobRow } from "../../src/generation/job/job.ts";
import { reconcile } from "../../src/generation/upkeep/reconciler.ts";
import { createLog } from "../../src/log/log.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import {
  crash,
  createGate,
  eventTypes,
  eventually,
  hurry,
  loseLastWorker,
  loseWorker,
  startTestGalley,
  type TestGalley,
  whenFinished,
} from "../support/galley.ts";
import { lockWaits } from "../support/lock-waits.ts";
import { relay } from "../support/types.ts";

let testDb: TestDatabase;
let running: TestGalley[];
beforeEach(async () => {
  testDb = await createTestDatabase();
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((galley) => galley.close()));
  await testDb.drop();
});

async function worker(type: JobType, env: Record<string, string> = { ROLES: "worker" }): Promise<TestGalley> {
  const galley = await startTestGalley({ jobTypes: [type], test: testDb, env });
  running.push(galley);
  return galley;
}
const api = () => worker(relay(), { ROLES: "api" });
const submit = async ({ service }: TestGalley, body: object = {}) =>
  (await service.submit("local", { type: "relay", input: { text: "go" }, ...body })).job.id;
const reconcileNow = ({ database, queue, catalogue, metrics }: TestGalley) =>
  reconcile({ db: database.db, queue, catalogue, metrics, log: createLog("silent") });

test("a worker that was taken for gone changes nothing when it ends after all", async () => {
  const gate = createGate();
  const over = createGate();
  const type = relay({
    first: async ({ input, attempt, step, progress }) => {
      if (attempt === 2) return { text: `${input.text} ${await step("mine", 1, async () => "other")}` };
      await gate.pass();
      const late = await Promise.allSettled([step("mine", 2, async () => "zombie"), progress({ done: 1, of: 1 })]);
      over.open();
      return { text: late.map(({ status }) => status).join() };
    },
  });
  const zombie = await worker(type);
  const id = await submit(zombie);
  await gate.reached;
  await loseWorker(zombie, id);

  const other = await worker(type);
  await other.queue.supervise();
  await hurry(other, id);
  const done = await whenFinished(other, id);
  gate.open();
  await over.pass();
  await zombie.close();

  expect(done).toMatchObject({ status: "completed", resultData: { text: "go other second" } });
  expect(await other.service.find("local", id)).toEqual(done);
  const events = await other.service.readEvents(done, 0);
  expect(events.map(({ id: number, type }) => `${number} ${type}`)).toEqual(
    [
      "submitted",
      "phase_started",
      "attempt_failed",
      "phase_started",
      "step_started",
      "step_finished",
      "phase_completed",
      "phase_started",
      "phase_completed",
      "completed",
    ].map((type, index) => `${index + 1} ${type}`),
  );
  expect(events[2]?.data).toMatchObject({ attempt: 1, error: { code: "worker_lost" } });
  expect(events[3]?.data).toMatchObject({ attempt: 2 });
});

test("a step that a zombie finishes while the next attempt is about to call the model is not paid for again", async () => {
  const paying = createGate();
  const calling = createGate();
  const type = relay({
    first: async ({ input, attempt, step, model }) => ({
      text: await step("paid", input, async () => {
        if (attempt === 2) {
          await calling.pass();
          return await model.text({ system: "Write.", user: "Again.", maxOutputTokens: 100 });
        }
        await paying.pass();
        return "by the zombie";
      }),
    }),
  });
  const zombie = await worker(type);
  const id = await submit(zombie);
  await paying.reached;
  await loseWorker(zombie, id);
  const other = await worker(type);
  await other.queue.supervise();
  await hurry(other, id);
  await calling.reached;
  paying.open();
  await eventually(
    () => testDb.query("select key from generation_steps where job_id = $1", [id]),
    ({ rows }) => rows.length === 1,
  );
  calling.open();

  const done = await whenFinished(other, id);
  expect(done).toMatchObject({ status: "completed", resultData: { text: "by the zombie second" } });
  expect((await testDb.query("select id from provider_calls")).rows).toEqual([]);
  const steps = (await other.service.readEvents(done, 0)).filter(({ type: name }) => name === "step_finished");
  expect(steps.map(({ data }) => data)).toEqual([
    expect.objectContaining({ step: "paid", attempt: 2, reused: true }),
  ]);
});

test("a zombie's finished step is kept, since it was paid for, and the next attempt pays no more", async () => {
  const paying = createGate();
  const zombie = await worker(
    relay({
      first: async ({ input, step }) => ({
        text: `${input.text} ${await step("paid", input, async () => {
          await paying.pass();
          return "by the zombie";
        })}`,
      }),
    }),
  );
  const id = await submit(zombie);
  await paying.reached;
  await loseWorker(zombie, id);
  const watcher = await api();
  await watcher.queue.supervise();
  paying.open();
  await eventually(
    () => testDb.query("select key from generation_steps where job_id = $1", [id]),
    ({ rows }) => rows.length === 1,
  );
  await zombie.close();

  const other = await worker(
    relay({
      first: async ({ input, step }) => ({
        text: await step("paid", input, async () => {
          throw new Error("paid twice");
        }),
      }),
    }),
  );
  expect(await whenFinished(other, id)).toMatchObject({
    status: "completed",
    resultData: { text: "by the zombie second" },
  });
});

test("an attempt that is lost with its worker uses up none of the job's own", async () => {
  const gates = [createGate(), createGate()];
  const lost = await worker(
    relay(
      {
        first: async ({ input, attempt }) => {
          await gates[attempt - 1]?.pass();
          return input;
        },
      },
      { retryLimit: 0 },
    ),
  );
  const id = await submit(lost);
  await gates[0]?.reached;
  await loseWorker(lost, id);
  await lost.queue.supervise();
  await gates[1]?.reached;
  const again = await lost.service.find("local", id);
  expect(again).toMatchObject({ status: "processing", attempts: 2, maxAttempts: 2, lostAttempts: 1 });
  const failed = (await lost.service.readEvents(again as JobRow, 0)).filter(
    ({ type }) => type === "attempt_failed",
  );
  expect(failed).toMatchObject([
    { data: { attempt: 1, nextAttemptAt: expect.any(String), error: { code: "worker_lost" } } },
  ]);
  gates[1]?.open();
  expect(await whenFinished(lost, id)).toMatchObject({ status: "completed", lostAttempts: 0 });
  gates[0]?.open();
});

test("when workers have died too often with a queue job, pg-boss gives it up: the job fails, and says why", async () => {
  const gate = createGate();
  const lost = await worker(
    relay(
      {
        first: async ({ input }) => {
          await gate.pass();
          return input;
        },
      },
      { retryLimit: 0 },
    ),
  );
  const id = await submit(lost);
  await gate.reached;
  await loseLastWorker(lost, id);
  await lost.queue.supervise();
  const failed = await whenFinished(lost, id);
  expect(failed).toMatchObject({
    status: "failed",
    phase: "first",
    attempts: 1,
    maxAttempts: 1,
    errorCode: "worker_lost",
    errorMessage: "The worker that ran this phase is gone.",
  });
  expect((await eventTypes(lost, failed)).slice(-2)).toEqual(["attempt_failed", "failed"]);
  gate.open();
  await lost.close();
  expect(await (await api()).service.find("local", id)).toEqual(failed);
});

test("cancel and completion at the same moment: one of them wins, and both sides agree", async () => {
  for (let round = 0; round < 5; round++) {
    const gate = createGate();
    const galley = await worker(
      relay({
        second: async ({ input }) => {
          await gate.pass();
          return input;
        },
      }),
    );
    const id = await submit(galley);
    await gate.reached;
    await testDb.query("begin");
    await testDb.query("select from generation_jobs where id = $1 for update", [id]);
    gate.open();
    const cancel = galley.service.cancel("local", id).then(
      () => "cancelled",
      ({ code }) => code,
    );
    await eventually(
      () => lockWaits(galley.database.pool),
      ({ length }) => length === 2,
    );
    await testDb.query("commit");
    const job = await whenFinished(galley, id);
    expect(await cancel).toBe(job.status === "cancelled" ? "cancelled" : "conflict");
    await galley.close();
    const { rows } = await testDb.query(
      "select state from galley_queue.job where name = 'relay.second' and data->>'jobId' = $1",
      [id],
    );
    expect(rows).toEqual([{ state: job.status }]);
  }
});

test("a service that stops hands its work back without using up an attempt", async () => {
  const gate = createGate();
  const reasons: unknown[] = [];
  const leaving = await worker(
    relay(
      {
        first: async ({ input, signal }) => {
          await gate.pass(signal).catch((error: unknown) => reasons.push(error));
          return input;
        },
      },
      { retryLimit: 0 },
    ),
  );
  const id = await submit(leaving);
  await gate.reached;
  await leaving.close();
  expect(reasons).toEqual([expect.objectContaining({ why: "stopping" })]);

  const next = await api();
  const waiting = await next.service.find("local", id);
  expect(waiting).toMatchObject({
    status: "processing",
    attempts: 0,
    maxAttempts: 1,
    waitingFor: "the service restarts",
  });
  const other = await worker(relay({}, { retryLimit: 0 }));
  expect(await whenFinished(other, id)).toMatchObject({ status: "completed", attempts: 1 });
});

test("resuming a job does not meet its old dead letter", async () => {
  const gate = createGate();
  const lost = await worker(
    relay(
      {
        first: async ({ input }) => {
          await gate.pass();
          return input;
        },
      },
      { retryLimit: 0 },
    ),
  );
  const id = await submit(lost);
  await gate.reached;
  crash(lost);
  await loseLastWorker(lost, id);
  const desk = await api();
  await desk.queue.supervise();
  expect(await reconcileNow(desk)).toEqual({ resent: 0, failed: 1, unknownPhase: 0, cancelled: 0 });
  expect(await desk.service.find("local", id)).toMatchObject({ status: "failed", errorCode: "worker_lost" });
  await desk.service.resume("local", id);
  const other = await worker(relay());
  expect(await whenFinished(other, id)).toMatchObject({ status: "completed" });
  await eventually(
    () => testDb.query("select state from galley_queue.job where name = 'dead_letter'"),
    ({ rows }) => rows.length === 1 && rows[0].state === "completed",
  );
  expect(await other.service.find("local", id)).toMatchObject({ status: "completed" });
});

test("the reconciler leaves alone what is in order, a running attempt too", async () => {
  const gate = createGate();
  const galley = await worker(
    relay({
      first: async ({ input }) => {
        await gate.pass();
        return input;
      },
    }),
  );
  const ids = [await submit(galley), await submit(galley, { startAfter: new Date(Date.now() + 3_600_000) })];
  await gate.reached;
  expect(await reconcileNow(galley)).toEqual({ resent: 0, failed: 0, unknownPhase: 0, cancelled: 0 });
  gate.open();
  await whenFinished(galley, ids[0] ?? "");
  expect(await reconcileNow(galley)).toEqual({ resent: 0, failed: 0, unknownPhase: 0, cancelled: 0 });
});

test("whatever a hand has broken in the queue is repaired, once", async () => {
  const desk = await api();
  const [deleted, completed, cancelled, finished] = [
    await submit(desk),
    await submit(desk),
    await submit(desk),
    await submit(desk),
  ];
  await testDb.query("delete from galley_queue.job where data->>'jobId' = $1", [deleted]);
  await testDb.query(
    "update galley_queue.job set state = 'completed', completed_on = now() where data->>'jobId' = $1",
    [completed],
  );
  await testDb.query(
    "update galley_queue.job set state = 'cancelled', completed_on = now() where data->>'jobId' = $1",
    [cancelled],
  );
  await desk.service.cancel("local", finished);
  await testDb.query(
    "update galley_queue.job set state = 'created', completed_on = null where data->>'jobId' = $1",
    [finished],
  );
  await testDb.query(
    "insert into galley_queue.job (name, data) values ('relay.first', '{\"jobId\":\"job_gone\"}')",
  );

  const both = await Promise.all([reconcileNow(desk), reconcileNow(desk)]);
  expect(both.map(({ resent }) => resent).reduce((a, b) => a + b)).toBe(3);
  expect(both.map(({ cancelled: count }) => count).reduce((a, b) => a + b)).toBeGreaterThanOrEqual(2);
  expect(await reconcileNow(desk)).toEqual({ resent: 0, failed: 0, unknownPhase: 0, cancelled: 0 });

  const galley = await worker(relay());
  for (const id of [deleted, completed, cancelled])
    expect(await whenFinished(galley, id)).toMatchObject({ status: "completed", attempts: 1 });
  expect((await galley.service.find("local", finished)).status).toBe("cancelled");
});

test("a worker that is late to begin leaves alone the attempt that began in its place", async () => {
  const opening = createGate();
  const gate = createGate();
  const type = relay({
    first: async ({ input }) => {
      await gate.pass();
      return input;
    },
  });
  const late = await worker(type, { ROLES: "worker", WORKER_CONCURRENCY: "1" });
  const { pool } = late.database;
  const connect = pool.connect.bind(pool) as (...args: unknown[]) => unknown;
  // pg-boss asks the pool to query; a transaction connects, and is held here.
  Object.assign(pool, {
    connect: (...args: unknown[]) => (args.length > 0 ? connect(...args) : opening.pass().then(() => connect())),
  });
  const desk = await api();
  const id = await submit(desk);
  await opening.reached;
  await loseWorker(desk, id);
  await desk.queue.supervise();

  const other = await worker(type);
  await hurry(other, id);
  await gate.reached;
  opening.open();
  await late.close();
  const { rows } = await testDb.query("select state from galley_queue.job where data->>'jobId' = $1", [id]);
  expect(rows).toEqual([{ state: "active" }]);
  gate.open();
  expect(await whenFinished(other, id)).toMatchObject({ status: "completed", attempts: 1 });
});

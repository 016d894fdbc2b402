import { afterEach, expect, test } from "@jest/globals";
import { PermanentError, WaitError } from "../../src/author/index.ts";
import {
  createGate,
  eventTypes,
  eventually,
  hurry,
  startTestGalley,
  type TestGalley,
  whenFinished,
} from "../support/galley.ts";
import { failUntilHurried, relay } from "../support/types.ts";

let galley: TestGalley;
afterEach(() => galley.close());

const submit = async (body: object = {}) =>
  (await galley.service.submit("local", { type: "relay", input: { text: "go" }, ...body })).job.id;
const find = (id: string) => galley.service.find("local", id);
const queueJobs = async (id: string) =>
  (
    await galley.test.query(
      "select name, state, retry_count from galley_queue.job where data->>'jobId' = $1 order by created_on",
      [id],
    )
  ).rows;

test("a phase that throws runs again, and the job completes", async () => {
  let runs = 0;
  const first = async ({ input, attempt }: { input: { text: string }; attempt: number }) => {
    runs++;
    expect(attempt).toBe(runs);
    if (runs < 3) throw failUntilHurried();
    return input;
  };
  galley = await startTestGalley({ jobTypes: [relay({ first })] });
  const id = await submit();
  for (const attempts of [1, 2]) {
    const waiting = await eventually(
      () => find(id),
      (job) => job.attempts === attempts && job.nextAttemptAt !== null,
    );
    expect(waiting).toMatchObject({
      status: "processing",
      phase: "first",
      maxAttempts: 3,
      errorCode: "network",
      waitingFor: null,
    });
    await hurry(galley, id);
  }
  const done = await whenFinished(galley, id);
  expect(done).toMatchObject({
    status: "completed",
    errorCode: null,
    lastError: "The connection to the model provider broke.",
  });
  expect(await eventTypes(galley, done)).toEqual([
    "submitted",
    ...["phase_started", "attempt_failed", "phase_started", "attempt_failed", "phase_started", "phase_completed"],
    ...["phase_started", "phase_completed", "completed"],
  ]);
});

test("the last attempt's failure is the job's, in the mirror and in the queue", async () => {
  const first = async () => {
    throw failUntilHurried("overloaded", "req_7");
  };
  galley = await startTestGalley({ jobTypes: [relay({ first })] });
  const id = await submit({ maxAttempts: 2 });
  await eventually(
    () => find(id),
    (job) => job.nextAttemptAt !== null,
  );
  await hurry(galley, id);
  const failed = await whenFinished(galley, id);
  expect(failed).toMatchObject({
    status: "failed",
    phase: "first",
    attempts: 2,
    maxAttempts: 2,
    errorCode: "overloaded",
    errorMessage: "The model provider is overloaded.",
    errorRetryable: true,
    providerRequestId: "req_7",
  });
  // The dead letter arrives too, and changes nothing.
  await eventually(
    () => queueJobs(id),
    (rows) => rows.length === 2 && rows.every(({ state }) => state === "failed" || state === "completed"),
  );
  expect(await find(id)).toEqual(failed);
  expect((await eventTypes(galley, failed)).slice(-2)).toEqual(["attempt_failed", "failed"]);
});

test("a permanent error ends the job at once, however many attempts are left", async () => {
  const first = async () => {
    throw new PermanentError("The shop is closed.");
  };
  galley = await startTestGalley({ jobTypes: [relay({ first })] });
  const id = await submit();
  expect(await whenFinished(galley, id)).toMatchObject({
    status: "failed",
    attempts: 1,
    maxAttempts: 3,
    errorMessage: "The shop is closed.",
    errorRetryable: false,
  });
  const rows = await eventually(
    () => queueJobs(id),
    (all) => all.some(({ name, state }) => name === "dead_letter" && state === "completed"),
  );
  expect(rows.map(({ name, state }) => `${name} ${state}`).sort()).toEqual([
    "dead_letter completed",
    "relay.first failed",
  ]);
});

test("the message of an unknown error is not shown to consumers", async () => {
  const first = async () => {
    throw new Error("password=hunter2");
  };
  galley = await startTestGalley({ jobTypes: [relay({ first }, { retryLimit: 0 })] });
  const failed = await whenFinished(galley, await submit());
  expect(failed).toMatchObject({ errorCode: "internal", errorMessage: "Something went wrong on our side." });
  expect(JSON.stringify([failed, await galley.service.readEvents(failed, 0)])).not.toContain("hunter2");
});

test("an output that does not fit its schema does not go on", async () => {
  const first = async () => ({ words: 7 }) as never;
  galley = await startTestGalley({ jobTypes: [relay({ first }, { retryLimit: 0 })] });
  expect(await whenFinished(galley, await submit())).toMatchObject({
    status: "failed",
    phase: "first",
    errorCode: "internal",
  });
});

test("waiting uses up no attempt, and says until when and why", async () => {
  let waits = 0;
  const until = new Date(Date.now() + 3_600_000);
  const first = async ({ input, attempt }: { input: { text: string }; attempt: number }) => {
    expect(attempt).toBe(1);
    if (waits++ < 5) throw new WaitError(until, "the provider asks for patience");
    return input;
  };
  galley = await startTestGalley({ jobTypes: [relay({ first }, { retryLimit: 0 })] });
  const id = await submit();
  for (let seen = 1; seen <= 5; seen++) {
    const waiting = await eventually(
      () => find(id),
      // Submitted, and each attempt's start and wait: a row that was read before its latest start shows the wait before.
      (job) => job.waitingFor !== null && job.eventCount === 1 + 2 * seen,
    );
    expect(waiting).toMatchObject({
      status: "processing",
      attempts: 0,
      maxAttempts: 1,
      nextAttemptAt: until,
      waitingFor: "the provider asks for patience",
      errorCode: null,
    });
    await hurry(galley, id);
  }
  expect((await whenFinished(galley, id)).status).toBe("completed");
});

test("an attempt that runs out of time is aborted and tried again", async () => {
  let runs = 0;
  const reasons: unknown[] = [];
  const first = async ({ input, signal }: { input: { text: string }; signal: AbortSignal }) => {
    if (runs++ > 0) return input;
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    reasons.push(signal.reason);
    // A handler that does not heed its signal: what it returns now comes too late.
    return { text: "too late" };
  };
  galley = await startTestGalley({ jobTypes: [relay({ first }, { expireInSeconds: 1 })] });
  const id = await submit();
  await eventually(
    async () => eventTypes(galley, await find(id)),
    (types) => types.includes("attempt_failed"),
  );
  await hurry(galley, id);
  expect(await whenFinished(galley, id)).toMatchObject({ status: "completed", resultData: { text: "go second" } });
  expect(reasons).toEqual([expect.objectContaining({ code: "timeout" })]);
});

test("a failed job goes on from its phase, with its finished steps and its attempts from the start", async () => {
  let broken = true;
  const calls: string[] = [];
  const second = async ({
    input,
    step,
  }: {
    input: { text: string };
    step: (key: string, given: unknown, run: () => Promise<string>) => Promise<string>;
  }) => {
    const paid = await step("paid", input.text, async () => {
      calls.push("paid");
      return "words";
    });
    if (broken) throw new PermanentError("Not today.");
    return { text: `${input.text} ${paid}` };
  };
  galley = await startTestGalley({ jobTypes: [relay({ second })] });
  const id = await submit();
  expect(await whenFinished(galley, id)).toMatchObject({ status: "failed", phase: "second" });
  await expect(galley.service.resume("local", `job_${"0".repeat(32)}`)).rejects.toMatchObject({
    code: "not_found",
  });

  broken = false;
  expect(await galley.service.resume("local", id)).toMatchObject({
    status: "processing",
    phase: "second",
    errorCode: null,
    errorMessage: null,
    completedAt: null,
  });
  const done = await whenFinished(galley, id);
  expect(done).toMatchObject({ status: "completed", resultData: { text: "go first words" }, attempts: 1 });
  expect(calls).toEqual(["paid"]);
  expect(await eventTypes(galley, done)).toContain("resumed");
  await expect(galley.service.resume("local", id)).rejects.toMatchObject({ code: "conflict" });
});

test("a job that was cancelled before it began is pending again when resumed", async () => {
  galley = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api" } });
  const id = await submit();
  await galley.service.cancel("local", id);
  expect(await galley.service.resume("local", id)).toMatchObject({
    status: "pending",
    phase: "queued",
    startedAt: null,
  });
  expect((await queueJobs(id)).map(({ state }) => state)).toEqual(["cancelled", "created"]);
});

test("cancel stops what runs, and what ends late changes nothing", async () => {
  const gate = createGate();
  const late = createGate();
  let result: unknown;
  const first = async ({
    input,
    step,
  }: {
    input: { text: string };
    step: (key: string, given: unknown, run: () => Promise<string>) => Promise<string>;
  }) => {
    await step("kept", 1, async () => "kept");
    await gate.pass();
    result = await step("late", 2, async () => "late").catch((error: unknown) => error);
    late.open();
    return input;
  };
  galley = await startTestGalley({ jobTypes: [relay({ first })] });
  const id = await submit();
  await gate.reached;
  const cancelled = await galley.service.cancel("local", id);
  gate.open();
  await late.pass();
  expect(result).toMatchObject({ name: "Interruption" });
  expect(await find(id)).toEqual(cancelled);
  expect(await galley.service.cancel("local", id)).toEqual(cancelled);
  expect(await eventTypes(galley, cancelled)).toEqual([
    "submitted",
    "phase_started",
    "step_started",
    "step_finished",
    "cancelled",
  ]);
  const steps = await galley.test.query("select key from generation_steps where job_id = $1", [id]);
  expect(steps.rows).toEqual([{ key: "kept" }]);
});

test("higher priority goes first, across queues, then the latest phase", async () => {
  const order: string[] = [];
  const gate = createGate();
  const log =
    (phase: string) =>
    async ({ input }: { input: { text: string } }) => {
      if (input.text === "block") await gate.pass();
      order.push(`${input.text} ${phase}`);
      return input;
    };
  galley = await startTestGalley({
    jobTypes: [relay({ first: log("1"), second: log("2") })],
    env: { WORKER_CONCURRENCY: "1" },
  });
  const blocker = await submit({ input: { text: "block" }, priority: 50 });
  await gate.reached;
  const ids = [
    await submit({ input: { text: "low" }, priority: -1 }),
    await submit({ input: { text: "a" } }),
    await submit({ input: { text: "b" } }),
    await submit({ input: { text: "high" }, priority: 9 }),
  ];
  gate.open();
  for (const id of [blocker, ...ids]) await whenFinished(galley, id);
  expect(order).toEqual(["block 1", "block 2", "high 1", "high 2", "a 1", "a 2", "b 1", "b 2", "low 1", "low 2"]);
});

test("percentages never go down, in parallel reports as in a second attempt", async () => {
  const first = async ({
    input,
    attempt,
    progress,
  }: {
    input: { text: string };
    attempt: number;
    progress: (report: { done: number; of: number }) => Promise<void>;
  }) => {
    if (attempt === 2) await progress({ done: 1, of: 20 });
    await Promise.all(Array.from({ length: 10 }, (_, index) => progress({ done: index + 1, of: 10 })));
    if (attempt === 1) throw failUntilHurried();
    return input;
  };
  galley = await startTestGalley({ jobTypes: [relay({ first })] });
  const id = await submit();
  await eventually(
    () => find(id),
    (job) => job.nextAttemptAt !== null,
  );
  await hurry(galley, id);
  const events = await galley.service.readEvents(await whenFinished(galley, id), 0);
  const told = events.flatMap(({ type, data }) => (type === "progress" ? [data.percentage] : []));
  expect(told).toEqual([5, 10, 15, 20, 25, 30, 35, 40, 45, 50, ...Array.from({ length: 11 }, () => 50)]);
});

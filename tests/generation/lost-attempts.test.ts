import { afterEach, expect, test } from "@jest/globals";
import { endingOfLost } from "../../src/generation/attempt/ending/ending.ts";
import type { RunningAttempt } from "../../src/generation/attempt/running-attempt.ts";
import { runsAlone } from "../../src/generation/job/lost-attempts.ts";
import { createTestDatabase } from "../support/database.ts";
import {
  createGate,
  eventually,
  hurry,
  loseWorker,
  startTestGalley,
  type TestGalley,
  whenFinished,
} from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley | undefined;
afterEach(async () => {
  await galley?.close();
  galley = undefined;
});

const now = new Date("2026-11-25T12:00:00Z");
const after = (seconds: number) => new Date(now.getTime() + seconds * 1000);

function ending(row: { attempts: number; maxAttempts: number; lostAttempts: number }) {
  const attempt = { row, phase: { name: "writing" } } as unknown as RunningAttempt;
  return endingOfLost(attempt, now, 1);
}

test("a lost attempt is tried again, later with each loss, until the fourth", () => {
  const lost = (lostAttempts: number) =>
    ending({ attempts: 1 + lostAttempts, maxAttempts: 1 + lostAttempts, lostAttempts });
  expect([0, 1, 2].map((losses) => lost(losses))).toMatchObject([
    { transition: "retry", at: after(0.5), failure: { code: "worker_lost", attempt: 1 } },
    { transition: "retry", at: after(2) },
    { transition: "retry", at: after(8) },
  ]);
  expect(lost(3)).toMatchObject({ transition: "fail", failure: { code: "worker_lost", attempt: 4 } });
});

test("a phase that may take more attempts may lose as many", () => {
  expect(ending({ attempts: 9, maxAttempts: 28, lostAttempts: 8 })).toMatchObject({ transition: "retry" });
});

test("what has lost two attempts runs alone", () => {
  expect([0, 1, 2, 3].map((lostAttempts) => runsAlone({ lostAttempts }))).toEqual([false, false, true, true]);
});

test("a suspect waits for what runs in its process, and what comes later waits for it", async () => {
  const gates = new Map([
    ["other", createGate()],
    ["suspect 1", createGate()],
    ["suspect 2", createGate()],
  ]);
  const order: string[] = [];
  const first = async ({ input }: { input: { text: string } }) => {
    order.push(`${input.text} begins`);
    await gates.get(input.text)?.pass();
    order.push(`${input.text} ends`);
    return input;
  };
  const type = relay({ first, second: async ({ input }) => input });
  const service = await startTestGalley({ jobTypes: [type] });
  galley = service;
  const submit = async (text: string, startAfter?: Date) =>
    (await service.service.submit("local", { type: "relay", input: { text }, ...(startAfter && { startAfter }) }))
      .job.id;

  const other = await submit("other");
  await gates.get("other")?.reached;
  const later = new Date(Date.now() + 3_600_000);
  const suspects = [await submit("suspect 1", later), await submit("suspect 2", later)];
  for (const id of suspects) {
    await service.test.query(
      `update galley_queue.job set data = data || '{"alone": true}' where data->>'jobId' = $1`,
      [id],
    );
  }
  await hurry(service, suspects[0] ?? "");
  await eventually(
    () =>
      service.test.query("select from galley_queue.job where state = 'active' and data->>'jobId' = $1", [
        suspects[0],
      ]),
    ({ rows }) => rows.length === 1,
  );
  const third = await submit("third");
  await hurry(service, suspects[1] ?? "");
  expect(order).toEqual(["other begins"]);

  gates.get("other")?.open();
  await gates.get("suspect 1")?.reached;
  expect(order).toEqual(["other begins", "other ends", "suspect 1 begins"]);
  gates.get("suspect 1")?.open();
  await gates.get("suspect 2")?.reached;
  gates.get("suspect 2")?.open();
  for (const id of [other, ...suspects, third]) {
    expect(await whenFinished(service, id)).toMatchObject({ status: "completed", attempts: 1 });
  }
  const running = order.map((_, index) => {
    const sofar = order.slice(0, index + 1);
    return (
      sofar.filter((line) => line.endsWith("begins")).length - sofar.filter((line) => line.endsWith("ends")).length
    );
  });
  expect(Math.max(...running)).toBe(1);
});

test("a suspect's loss is written down, also when another suspect has the process", async () => {
  const test = await createTestDatabase();
  const began = createGate();
  const hold = createGate();
  const dying = await startTestGalley({
    jobTypes: [relay({ first: async ({ input }) => began.pass().then(() => input) })],
    test,
    env: { ROLES: "worker" },
  });
  const later = new Date(Date.now() + 3_600_000);
  const submit = async (priority: number) =>
    (await dying.service.submit("local", { type: "relay", input: { text: "go" }, priority, startAfter: later })).job
      .id;
  const lost = await submit(0);
  const other = await submit(5);
  await test.query(`update galley_queue.job set data = data || '{"alone": true}'`);
  await hurry(dying, lost);
  await began.reached;
  await loseWorker(dying, lost);
  await dying.queue.supervise();
  await dying.close();

  await test.query("update galley_queue.job set start_after = now()");
  const heir = await startTestGalley({
    jobTypes: [
      relay({ first: async ({ input, job }) => (job.id === other ? hold.pass().then(() => input) : input) }),
    ],
    test,
    env: { ROLES: "worker" },
  });
  galley = heir;
  await hold.reached;
  await eventually(
    () => heir.service.find("local", lost),
    ({ lostAttempts, errorCode }) => lostAttempts === 1 && errorCode === "worker_lost",
    10,
  );
  hold.open();
  await hurry(heir, lost);
  expect(await whenFinished(heir, lost)).toMatchObject({ status: "completed" });
  await heir.close();
  galley = undefined;
  await test.drop();
});

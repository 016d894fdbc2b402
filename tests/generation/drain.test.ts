import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { drain } from "../../src/drain.ts";
import { createLog } from "../../src/log.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { startTestGalley, testConfig } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

const pause = (milliseconds: number, signal: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });

test("twenty jobs finish in several short calls, two of them at once, with no attempt and no step lost", async () => {
  const runs: string[] = [];
  // Longer than a budget as a whole, but in steps that fit.
  const type = relay(
    {
      async first({ input, step, signal }) {
        for (const part of ["a", "b", "c", "d"]) {
          await step(part, input, async () => {
            await pause(150, signal);
            runs.push(`${input.text} ${part}`);
          });
        }
        return input;
      },
    },
    { retryLimit: 0 },
  );
  const desk = await startTestGalley({ jobTypes: [type], test: database, env: { ROLES: "api" } });
  const ids: string[] = [];
  for (let i = 0; i < 20; i++)
    ids.push((await desk.service.submit("local", { type: "relay", input: { text: `job ${i}` } })).job.id);

  const call = () =>
    drain(testConfig(database, { WORKER_CONCURRENCY: "5", ROLES: "worker" }), {
      jobTypes: [type],
      log: createLog("silent"),
      budgetSeconds: 0.5,
    });
  let calls = 0;
  for (let live = 20; live > 0; ) {
    const [one, other] = await Promise.all([call(), call()]);
    live = Math.min(one.live, other.live);
    calls += 2;
    expect(calls).toBeLessThan(100);
  }
  expect(calls).toBeGreaterThan(4);
  for (const id of ids)
    expect(await desk.service.find("local", id)).toMatchObject({ status: "completed", attempts: 1 });
  expect(runs.toSorted()).toEqual(
    ids.flatMap((_, i) => ["a", "b", "c", "d"].map((part) => `job ${i} ${part}`)).toSorted(),
  );
  await desk.close();
}, 60_000);

test("with nothing to do it ends at once", async () => {
  const started = performance.now();
  const result = await drain(testConfig(database, { ROLES: "worker" }), {
    jobTypes: [relay()],
    log: createLog("silent"),
    budgetSeconds: 30,
  });
  expect(result).toEqual({ live: 0 });
  expect(performance.now() - started).toBeLessThan(5_000);
});

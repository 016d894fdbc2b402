import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createLog } from "../../src/log/log.ts";
import { drain } from "../../src/process/drain.ts";
import { books } from "../support/books.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { startTestGalley, testConfig } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

test("twenty jobs finish in several short calls, two of them at once, with no attempt and no step lost", async () => {
  const runs: string[] = [];
  let whenRun: () => void = () => undefined;
  const type = relay(
    {
      async first({ input, step, signal }) {
        for (const part of ["a", "b", "c", "d"]) {
          await step(part, input, async () => {
            await delay(20, undefined, { signal });
            runs.push(`${input.text} ${part}`);
            whenRun();
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

  const config = testConfig(database, { WORKER_CONCURRENCY: "5", ROLES: "worker" });
  const call = (until: AbortSignal) => drain(config, { jobTypes: [type], log: createLog("silent"), until });
  let rounds = 0;
  for (let live = 20; live > 0; rounds++) {
    // The budget ends in the middle of the work, whatever the machine's speed.
    const budget = new AbortController();
    const enough = runs.length + 18;
    whenRun = () => {
      if (runs.length >= enough) budget.abort();
    };
    const [one, other] = await Promise.all([call(budget.signal), call(budget.signal)]);
    live = Math.min(one.live, other.live);
  }
  expect(rounds).toBeGreaterThan(2);
  for (const id of ids)
    expect(await desk.service.find("local", id)).toMatchObject({ status: "completed", attempts: 1 });
  expect(runs.toSorted()).toEqual(
    ids.flatMap((_, i) => ["a", "b", "c", "d"].map((part) => `job ${i} ${part}`)).toSorted(),
  );
  await desk.close();
});

test("one call ends a job that spawns others, and those", async () => {
  const { book, chapter } = books(async ({ input }) => ({ text: input.title }));
  const desk = await startTestGalley({ jobTypes: [book, chapter], test: database, env: { ROLES: "api" } });
  const config = testConfig(database, { ROLES: "worker" });
  const lives: number[] = [];
  for (let round = 0; round < 8; round++) {
    await desk.service.submit("local", { type: "book", input: { titles: ["One", "Two"] } });
    const options = { jobTypes: [book, chapter], log: createLog("silent"), until: AbortSignal.timeout(30_000) };
    lives.push((await drain(config, options)).live);
  }
  expect(lives).toEqual(lives.map(() => 0));
  await desk.close();
});

test("with nothing to do it ends at once", async () => {
  const started = performance.now();
  const result = await drain(testConfig(database, { ROLES: "worker" }), {
    jobTypes: [relay()],
    log: createLog("silent"),
    until: AbortSignal.timeout(30_000),
  });
  expect(result).toEqual({ live: 0 });
  expect(performance.now() - started).toBeLessThan(20_000);
});

import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { JobType } from "galley/author";
import { createLog } from "../../src/log/log.ts";
import { type Galley, startGalley } from "../../src/process/start.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { eventually, hurry, testConfig, whenFinished } from "../support/galley.ts";
import { failUntilHurried, relay } from "../support/types.ts";

let database: TestDatabase;
let galley: Galley;
let lines: Record<string, unknown>[];
beforeEach(async () => {
  database = await createTestDatabase();
  lines = [];
});
afterEach(async () => {
  await galley.close();
  await database.drop();
});

async function start(type: JobType): Promise<string> {
  const keep = (line: Record<string, unknown>) => void lines.push(line);
  const log = { ...createLog("silent"), info: keep, warn: keep } as never;
  galley = await startGalley(testConfig(database), { jobTypes: [type], log });
  return (await galley.service.submit("local", { type: "relay", input: { text: "go" } })).job.id;
}
const find = (id: string) => galley.service.find("local", id);

test("a handler's log line has its job, and can say neither another one nor a whole text", async () => {
  const id = await start(
    relay({
      async first({ input, log }) {
        log.info("chapters_counted", { chapters: 3, event: "completed", job: "job_other", text: "x".repeat(500) });
        // What the compiler would refuse.
        log.warn("odd", { draft: { text: "secret" } } as never);
        return input;
      },
    }),
  );
  await whenFinished(galley, id);
  const about = { event: "handler", job: id, type: "relay", phase: "first", attempt: 1 };
  expect(lines.filter(({ event }) => event === "handler")).toEqual([
    {
      ...about,
      name: "chapters_counted",
      facts: { chapters: 3, event: "completed", job: "job_other", text: `${"x".repeat(200)}…` },
    },
    { ...about, name: "odd", facts: { draft: "an object" } },
  ]);
});

test("what a handler is told of its job cannot be changed", async () => {
  const id = await start(
    relay({
      async first({ job }) {
        Object.assign(job, { tenant: "other" });
        return { text: "changed" };
      },
    }),
  );
  expect(
    await eventually(
      () => find(id),
      ({ attempts }) => attempts === 1,
    ),
  ).toMatchObject({ status: "processing" });
  expect(
    await eventually(
      () => find(id),
      ({ errorCode }) => errorCode !== null,
    ),
  ).toMatchObject({ errorCode: "internal" });
});

test("a phase rests without a slot or an attempt, once, also if it fails afterwards", async () => {
  let runs = 0;
  const id = await start(
    relay({
      async first({ input, wait }) {
        runs++;
        await wait("review", { seconds: 3600, why: "the review opens in an hour" });
        if (runs === 2) throw failUntilHurried();
        return input;
      },
    }),
  );
  const resting = await eventually(
    () => find(id),
    ({ waitingFor }) => waitingFor !== null,
  );
  expect(resting).toMatchObject({ status: "processing", attempts: 0, waitingFor: "the review opens in an hour" });
  expect(Math.round(((resting.nextAttemptAt?.getTime() ?? 0) - Date.now()) / 60_000)).toBe(60);
  await eventually(galley.running, (running) => running === 0);

  // As if the hour were over.
  await database.query(
    "update generation_steps set output = to_jsonb('2026-01-01T00:00:00.000Z'::text) where key = 'wait:review'",
  );
  await hurry({ test: database } as never, id);
  expect(
    await eventually(
      () => find(id),
      ({ errorCode }) => errorCode !== null,
    ),
  ).toMatchObject({ attempts: 1 });
  await hurry({ test: database } as never, id);
  expect(await whenFinished(galley, id)).toMatchObject({ status: "completed", resultData: { text: "go second" } });
  expect(runs).toBe(3);
});

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { JobType } from "../../src/author/index.ts";
import { closeUnreportedCalls } from "../../src/generation/attempt/steps/calls.ts";
import { startDispatcher } from "../../src/generation/dispatch/dispatcher.ts";
import { reconcile } from "../../src/generation/upkeep/reconciler.ts";
import { createLog } from "../../src/log.ts";
import { type CountingModel, startCountingModel } from "../support/counting-model.ts";
import { createTestDatabase } from "../support/database.ts";
import { type Fuse, layFuse } from "../support/fuse.ts";
import {
  eventually,
  hurry,
  loseWorker,
  startTestGalley,
  type TestGalley,
  whenFinished,
} from "../support/galley.ts";
import { findViolations } from "../support/invariants.ts";
import { hopeless, note, story } from "../support/story.ts";

const lanes = 3;
const jobTypes = [story, note];
const log = createLog("silent");

let model: CountingModel;
let desks: TestGalley[];
beforeAll(async () => {
  model = await startCountingModel();
  desks = await Promise.all(Array.from({ length: lanes }, () => startDesk()));
});
afterAll(async () => {
  await Promise.all(desks.map(async (desk) => desk.close().then(() => desk.test.drop())));
  await model.close();
});

test("a worker may die before any of its statements: its job completes once, and no kept step is paid again", async () => {
  const { points, found } = await dieEverywhere(async (desk, worker, fuse) => {
    fuse.light();
    const id = await submit(desk, story);
    const statement = await Promise.race([fuse.blown, whenFinished(desk, id, 60).then(() => null)]);
    return { id, statement, result: () => finishElsewhere(desk, worker, id), type: story, expected: "completed" };
  });
  expect(found).toEqual([]);
  expect(points).toBeGreaterThan(100);
}, 360_000);

test("a worker may die before any statement of its job's only attempt: the job fails once, and says why", async () => {
  const { points, found } = await dieEverywhere(async (desk, worker, fuse) => {
    fuse.light();
    const id = await submit(desk, note, { input: { title: hopeless, chapters: 1 }, maxAttempts: 1 });
    const statement = await Promise.race([fuse.blown, whenFinished(desk, id, 60).then(() => null)]);
    return { id, statement, result: () => finishElsewhere(desk, worker, id), type: note, expected: "failed" };
  });
  expect(found).toEqual([]);
  expect(points).toBeGreaterThan(30);
}, 300_000);

test("a worker may die before any statement that follows a cancel: the job stays cancelled, and its calls are closed", async () => {
  const { points, found } = await dieEverywhere(async (desk, worker, fuse) => {
    const id = await submit(desk, story);
    const paying = Promise.all(["chapter:1", "chapter:2"].map((step) => held(id, step)));
    await paying;
    fuse.light();
    await desk.service.cancel("local", id);
    const unwound = eventually(model.calls.open, (open) => open === 0, 60).then(() => worker.close());
    const statement = await Promise.race([fuse.blown, unwound.then(() => null)]);
    return { id, statement, result: () => finishElsewhere(desk, worker, id), type: story, expected: "cancelled" };
  }, 1);
  expect(found).toEqual([]);
  expect(points).toBeGreaterThan(10);
}, 300_000);

type Death = {
  id: string;
  type: JobType;
  /** Null: it lived. */
  statement: string | null;
  result: () => Promise<void>;
  expected: string;
};

/** Lets a worker die before its first statement, another one before its second, until one lives to the end. */
async function dieEverywhere(
  live: (desk: TestGalley, worker: TestGalley, fuse: Fuse) => Promise<Death>,
  inLanes = lanes,
): Promise<{ points: number; found: string[] }> {
  const found: string[] = [];
  let points = 0;
  let next = 1;
  const walk = async (desk: TestGalley) => {
    for (;;) {
      const point = next++;
      const worker = await startTestGalley({ jobTypes, test: desk.test, env: { ROLES: "worker", ...model.env } });
      const death = await live(desk, worker, layFuse(worker, point));
      const told = `before statement ${point}, ${death.statement?.trim().replace(/\s+/g, " ").slice(0, 60)}: `;
      found.push(...(await examine(desk, death)).map((what) => told + what));
      await worker.close();
      if (death.statement === null) return;
      points++;
    }
  };
  await Promise.all(desks.slice(0, inLanes).map(walk));
  return { points, found };
}

/** What is wrong after a death, once the job has gone on elsewhere. */
async function examine(desk: TestGalley, { id, type, statement, result, expected }: Death): Promise<string[]> {
  const before = await paidSteps(desk, id);
  const drift = await reconcile({ ...desk, db: desk.database.db, log });
  const found = Object.entries(drift).flatMap(([kind, count]) => (count > 0 ? [`drift: ${count} ${kind}`] : []));
  if (statement !== null) await result();
  // What a dead worker never told about a cancelled job's calls.
  await closeUnreportedCalls(desk.database.db, 0);

  for (const [step, paid] of before) {
    const requests = model.requests(id, step);
    if (requests > paid) found.push(`step ${step} was kept, but asked for ${requests} times`);
  }
  const { status } = await desk.service.find("local", id);
  if (status !== expected) found.push(`the job is ${status}`);
  return [...found, ...(await findViolations(desk.test.query, type, id))];
}

/** Another worker takes over once pg-boss has noticed the loss. */
async function finishElsewhere(desk: TestGalley, dead: TestGalley, jobId: string): Promise<void> {
  await dead.close();
  await loseWorker(desk, jobId);
  await desk.queue.supervise();
  const dispatcher = startDispatcher({
    ...desk,
    worker: null,
    db: desk.database.db,
    log,
    concurrency: 5,
    maxOutputBytes: 1_000_000,
  });
  // The first claim writes down that the attempt was lost, and the next one begins another.
  for (let status = "processing"; status === "processing"; ) {
    await hurry(desk, jobId);
    const idle = dispatcher.drained();
    dispatcher.wake();
    await idle;
    status = (await desk.service.find("local", jobId)).status;
  }
  await dispatcher.stop(0);
}

async function paidSteps(
  { test: { query } }: TestGalley,
  jobId: string,
): Promise<[step: string, requests: number][]> {
  const { rows } = await query<{ key: string }>("select key from generation_steps where job_id = $1", [jobId]);
  return rows.map(({ key }) => [key, model.requests(jobId, key)]);
}

const held = (jobId: string, step: string) => new Promise<void>((resolve) => model.holdNext(jobId, step, resolve));

async function submit({ service }: TestGalley, { type }: JobType, body: object = {}): Promise<string> {
  return (await service.submit("local", { type, input: { title: "Crash", chapters: 2 }, ...body })).job.id;
}

async function startDesk(): Promise<TestGalley> {
  const test = await createTestDatabase();
  return await startTestGalley({ jobTypes, test, env: { ROLES: "api", ...model.env } });
}

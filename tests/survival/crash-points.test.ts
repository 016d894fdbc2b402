import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { JobType } from "../../src/author/index.ts";
import { closeUnreportedCalls } from "../../src/generation/attempt/steps/calls.ts";
import { isFinished } from "../../src/generation/job/transitions.ts";
import { reconcile } from "../../src/generation/upkeep/reconciler.ts";
import { createLog } from "../../src/log/log.ts";
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
  const { points, found } = await dieEverywhere(async (desk, fuse) => {
    fuse.light();
    const id = await submit(desk, story);
    const statement = await Promise.race([fuse.blown, whenFinished(desk, id, 60).then(() => null)]);
    return { id, statement, type: story, expected: "completed" };
  });
  expect(found).toEqual([]);
  expect(points).toBeGreaterThan(100);
}, 360_000);

test("a worker may die before any statement of its job's only attempt: the job fails once, and says why", async () => {
  const { points, found } = await dieEverywhere(async (desk, fuse) => {
    fuse.light();
    const id = await submit(desk, note, { input: { title: hopeless, chapters: 1 }, maxAttempts: 1 });
    const statement = await Promise.race([fuse.blown, whenFinished(desk, id, 60).then(() => null)]);
    return { id, statement, type: note, expected: "failed" };
  });
  expect(found).toEqual([]);
  expect(points).toBeGreaterThan(30);
}, 300_000);

test("a worker may die before any statement that follows a cancel: the job stays cancelled, and its calls are closed", async () => {
  const { points, found } = await dieEverywhere(async (desk, fuse, worker) => {
    const id = await submit(desk, story);
    const paying = Promise.all(["chapter:1", "chapter:2"].map((step) => held(id, step)));
    await paying;
    fuse.light();
    await desk.service.cancel("local", id);
    const unwound = eventually(model.calls.open, (open) => open === 0, 60).then(() => worker.close());
    const statement = await Promise.race([fuse.blown, unwound.then(() => null)]);
    return { id, statement, type: story, expected: "cancelled" };
  }, 1);
  expect(found).toEqual([]);
  // The ends of both calls may share a transaction.
  expect(points).toBeGreaterThan(7);
}, 300_000);

type Death = {
  id: string;
  type: JobType;
  /** Null: it lived. */
  statement: string | null;
  expected: string;
};

/**
 * Lets a worker die before its first statement, another one before its second, until one lives to the end. Each worker
 * first finishes what the one before it left.
 */
async function dieEverywhere(
  live: (desk: TestGalley, fuse: Fuse, worker: TestGalley) => Promise<Death>,
  inLanes = lanes,
): Promise<{ points: number; found: string[] }> {
  const found: string[] = [];
  let points = 0;
  let next = 1;
  const walk = async (desk: TestGalley) => {
    let worker = await startWorker(desk);
    for (;;) {
      const point = next++;
      const death = await live(desk, layFuse(worker, point), worker);
      const place = `before statement ${point}, ${death.statement?.trim().replace(/\s+/g, " ").slice(0, 60)}: `;
      const drift = await reconcile({ ...desk, db: desk.database.db, log });
      const paid = await paidSteps(desk, death.id);
      await worker.close();
      if (death.statement !== null) {
        worker = await startWorker(desk);
        await finish(worker, death.id);
      }
      found.push(...[...nameDrift(drift), ...(await examine(desk, death, paid))].map((what) => place + what));
      if (death.statement === null) return;
      points++;
    }
  };
  await Promise.all(desks.slice(0, inLanes).map(walk));
  return { points, found };
}

const nameDrift = (drift: Record<string, number>) =>
  Object.entries(drift).flatMap(([kind, count]) => (count > 0 ? [`drift: ${count} ${kind}`] : []));

/** What is wrong after a death, once the job has gone on elsewhere. `paid`: the steps that were kept at the death. */
async function examine(desk: TestGalley, { id, type, expected }: Death, paid: PaidSteps): Promise<string[]> {
  // The calls of a cancelled job whose end a dead worker never reported.
  await closeUnreportedCalls(desk.database.db, 0);
  const paidTwice = paid.flatMap(([step, requests]) =>
    model.requests(id, step) > requests
      ? [`step ${step} was kept, but asked for ${model.requests(id, step)} times`]
      : [],
  );
  const { status } = await desk.service.find("local", id);
  const wrong = status === expected ? [] : [`the job is ${status}`];
  return [...paidTwice, ...wrong, ...(await findViolations(desk.test.query, type, id))];
}

/** Takes over once pg-boss has noticed the loss. */
async function finish(worker: TestGalley, jobId: string): Promise<void> {
  await loseWorker(worker, jobId);
  await worker.queue.supervise();
  await eventually(async () => {
    await hurry(worker, jobId);
    return (await worker.service.find("local", jobId)).status;
  }, isFinished);
}

type PaidSteps = [step: string, requests: number][];

const startWorker = ({ test }: TestGalley) =>
  startTestGalley({ jobTypes, test, env: { ROLES: "worker", ...model.env } });

async function paidSteps({ test: { query } }: TestGalley, jobId: string): Promise<PaidSteps> {
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

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { JobType } from "../../src/author/index.ts";
import { dieEverywhere as walkEverywhere } from "../../src/author/testing/crash/die-everywhere.ts";
import type { Fuse } from "../../src/author/testing/crash/fuse.ts";
import { closeUnreportedCalls } from "../../src/generation/attempt/steps/calls.ts";
import { type CountingModel, startCountingModel } from "../support/counting-model.ts";
import { createTestDatabase } from "../support/database.ts";
import { eventually, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { findViolations } from "../support/invariants.ts";
import { hopeless, note, story } from "../support/story.ts";

const lanes = 3;
const jobTypes = [story, note];

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
  const { points, problems } = await dieEverywhere(async (desk, fuse) => {
    fuse.light();
    const id = await submit(desk, story);
    const statement = await Promise.race([fuse.blown, whenFinished(desk, id, 60).then(() => null)]);
    return { id, statement, type: story, expected: "completed" };
  });
  expect(problems).toEqual([]);
  expect(points).toBeGreaterThan(100);
}, 360_000);

test("a worker may die before any statement of its job's only attempt: the job fails once, and says why", async () => {
  const { points, problems } = await dieEverywhere(async (desk, fuse) => {
    fuse.light();
    const id = await submit(desk, note, { input: { title: hopeless, chapters: 1 }, maxAttempts: 1 });
    const statement = await Promise.race([fuse.blown, whenFinished(desk, id, 60).then(() => null)]);
    return { id, statement, type: note, expected: "failed" };
  });
  expect(problems).toEqual([]);
  expect(points).toBeGreaterThan(30);
}, 300_000);

test("a worker may die before any statement that follows a cancel: the job stays cancelled, and its calls are closed", async () => {
  const { points, problems } = await dieEverywhere(async (desk, fuse, worker) => {
    const id = await submit(desk, story);
    const paying = Promise.all(["chapter:1", "chapter:2"].map((step) => held(id, step)));
    await paying;
    fuse.light();
    await desk.service.cancel("local", id);
    const unwound = eventually(model.calls.open, (open) => open === 0, 60).then(() => worker.close());
    const statement = await Promise.race([fuse.blown, unwound.then(() => null)]);
    return { id, statement, type: story, expected: "cancelled" };
  }, 1);
  expect(problems).toEqual([]);
  // The ends of both calls may share a transaction.
  expect(points).toBeGreaterThan(7);
}, 300_000);

type Death = {
  id: string;
  type: JobType;
  statement: string | null;
  expected: string;
};

const dieEverywhere = (
  live: (desk: TestGalley, fuse: Fuse, worker: TestGalley) => Promise<Death>,
  inLanes = lanes,
) => walkEverywhere({ desks: desks.slice(0, inLanes), startWorker, live, examine });

/** What is wrong after a death, once the job has gone on elsewhere. */
async function examine(desk: TestGalley, { id, type, expected }: Death): Promise<() => Promise<string[]>> {
  const paid = await paidSteps(desk, id);
  return async () => {
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
  };
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

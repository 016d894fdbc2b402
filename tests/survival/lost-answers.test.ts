import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { definePhase, type JobType, WaitError } from "../../src/author/index.ts";
import { JobError } from "../../src/errors.ts";
import { isFinished } from "../../src/generation/job/transitions.ts";
import { reconcile } from "../../src/generation/upkeep/reconciler.ts";
import { createLog } from "../../src/log/log.ts";
import { type CountingModel, startCountingModel } from "../support/counting-model.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import {
  createGate,
  eventually,
  hurry,
  loseWorker,
  startTestGalley,
  type TestGalley,
  whenFinished,
} from "../support/galley.ts";
import { findViolations } from "../support/invariants.ts";
import { lockWaits } from "../support/lock-waits.ts";
import { type LostAnswer, loseAnswer } from "../support/lost-answer.ts";
import { story } from "../support/story.ts";
import { relay } from "../support/types.ts";

const runs = new Map<string, number>();
const settling = definePhase({
  name: "settling",
  input: story.input,
  output: story.input,
  retryLimit: 19,
  async run({ input, job }) {
    const run = (runs.get(job.id) ?? 0) + 1;
    runs.set(job.id, run);
    if (run === 1) throw new JobError("network");
    if (run === 2) throw new WaitError(new Date(Date.now() + 3_600_000), "not yet");
    return input;
  },
});
/** The story, after a phase that is tried again once and waits once: every transition of a job that completes. */
const type: JobType = { ...story, phases: [settling, ...story.phases] };

let model: CountingModel;
let database: TestDatabase;
let desk: TestGalley;
beforeAll(async () => {
  model = await startCountingModel();
  database = await createTestDatabase();
  desk = await startTestGalley({ jobTypes: [type, relay()], test: database, env: { ROLES: "api", ...model.env } });
});
afterAll(async () => {
  await desk.close();
  await database.drop();
  await model.close();
});

const startWorker = (jobType: JobType, slots = 5) =>
  startTestGalley({
    jobTypes: [jobType],
    test: database,
    env: { ROLES: "worker", WORKER_CONCURRENCY: String(slots), ...model.env },
  });

test("the answer to any commit may be lost: no lapse is needed, and nothing is done or written to the history twice", async () => {
  const { points, found } = await loseEveryAnswer(/^commit$/, async () => undefined);
  expect(found).toEqual([]);
  // Calls that begin or end at the same moment share a commit.
  expect(points).toBeGreaterThanOrEqual(15);
}, 300_000);

test("the answer to any claim may be lost: it lapses, and another one comes", async () => {
  const { points, found } = await loseEveryAnswer(/^\s*WITH\s+next AS/, async (jobId, loss) => {
    await loss.happened;
    await loseWorker(desk, jobId);
    await desk.queue.supervise();
  });
  expect(found).toEqual([]);
  expect(points).toBeGreaterThanOrEqual(5);
}, 300_000);

test("a claim that lapsed while it waited for its job's row leaves its successor's alone", async () => {
  const beginning = createGate();
  const working = createGate();
  const { job } = await desk.service.submit("local", { type: "relay", input: { text: "go" } });
  await database.query("begin");
  await database.query("select from generation_jobs where id = $1 for update", [job.id]);
  const late = await startWorker(relay(), 1);
  const [pid] = await eventually(
    () => lockWaits(database),
    ({ length }) => length === 1,
  );
  const { pool } = late.database;
  const connect = pool.connect.bind(pool) as (...args: unknown[]) => Promise<unknown>;
  // Single statements give a callback; transactions wait.
  const connectLate = async (...args: unknown[]) => {
    if (args.length === 0) await beginning.pass();
    return await connect(...args);
  };
  Object.assign(pool, { connect: connectLate });
  await database.query("select pg_terminate_backend($1)", [pid]);
  await beginning.reached;
  await database.query("commit");
  await loseWorker(desk, job.id);
  await desk.queue.supervise();

  const first = async ({ input }: { input: { text: string } }) => {
    await working.pass();
    return input;
  };
  const successor = await startWorker(relay({ first }));
  await hurry(desk, job.id);
  await working.reached;
  beginning.open();
  await late.close();
  working.open();
  expect(await whenFinished(desk, job.id)).toMatchObject({ status: "completed" });
  await successor.close();
}, 60_000);

/** Loses one answer in the life of a job, in that of the next one the answer after it, until a life has no more. */
async function loseEveryAnswer(
  statement: RegExp,
  help: (jobId: string, loss: LostAnswer) => Promise<void>,
): Promise<{ points: number; found: string[] }> {
  const found: string[] = [];
  for (let point = 1; ; point++) {
    const worker = await startWorker(type);
    const loss = loseAnswer(worker.database.pool, statement, point);
    const { job } = await desk.service.submit("local", { type: type.type, input: { title: "Cut", chapters: 2 } });
    const helped = help(job.id, loss);
    const wrong = await follow(job.id);
    const happened = loss.hasHappened();
    if (happened) await helped;
    await worker.close();
    wrong.push(...(await findViolations(database.query, type, job.id)));
    found.push(...wrong.map((what) => `answer ${point}: ${what}`));
    if (!happened) return { points: point - 1, found };
  }
}

/** Makes due whatever waits, until the job is finished. Returns what it took beside that. */
async function follow(jobId: string): Promise<string[]> {
  const finish = () =>
    eventually(
      async () => {
        await hurry(desk, jobId);
        return await desk.service.find("local", jobId);
      },
      ({ status }) => isFinished(status),
      30,
    );
  try {
    await finish();
    return [];
  } catch {
    const drift = await reconcile({ ...desk, db: desk.database.db, log: createLog("silent") });
    await finish();
    return [`it was stuck, and the reconciler counted ${JSON.stringify(drift)}`];
  }
}

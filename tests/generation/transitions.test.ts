import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Database, openDatabase } from "../../src/db/client.ts";
import { sqlStateOf } from "../../src/db/commit/transact.ts";
import { insertJobs, type NewJob } from "../../src/generation/job/insert-jobs.ts";
import type { AttemptId, Job } from "../../src/generation/job/job.ts";
import { lockJob, transactJobs } from "../../src/generation/job/locked-jobs.ts";
import { applyTransition, writeForAttempt } from "../../src/generation/job/store.ts";
import {
  isFinished,
  type Status,
  type Transition,
  type TransitionName,
  transitions,
} from "../../src/generation/job/transitions.ts";
import { newJobId, newUuid } from "../../src/ids.ts";
import { createLog } from "../../src/log/log.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

let testDatabase: TestDatabase;
let database: Database;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = await openDatabase(testDatabase.url, createLog("silent"));
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

const statuses: Status[] = ["pending", "processing", "completed", "failed", "cancelled"];
const names = Object.keys(transitions) as TransitionName[];

/** What each transition must write besides the status for the row to be whole. */
const changes: Record<TransitionName, object> = {
  start: { phase: "first", claim: 0, attempts: 1, startedAt: new Date() },
  advance: { phase: "second", queueJobId: newUuid(), claim: null, attempts: 0 },
  complete: { phase: "completed", percentage: 100 },
  retry: { nextAttemptAt: new Date() },
  wait: { queueJobId: newUuid(), claim: null, attempts: 0, nextAttemptAt: new Date(), waitingFor: "patience" },
  fail: { errorCode: "internal" },
  cancel: {},
  resume: { completedAt: null, queueJobId: newUuid(), claim: null, attempts: 0, errorCode: null },
};

async function go(name: TransitionName, attempt: AttemptId, more: object = {}): Promise<Job | null> {
  // Each run is another job: a queue job's id stands for one.
  const fresh = "queueJobId" in changes[name] ? { queueJobId: newUuid() } : {};
  const landed = await transactJobs(database.db, async (transaction) => {
    await lockJob(transaction, attempt.jobId);
    const fields = { ...changes[name], ...fresh, ...more };
    return applyTransition(transaction, name, attempt, fields, [{ type: "resumed", data: {} }]);
  });
  // What was written, and not what was decided.
  return landed && (await read(landed.id));
}

/** A job that came to its status by transitions, and who may speak for it. */
async function jobIn(status: Status, started = true): Promise<{ row: Job; attempt: AttemptId }> {
  const queueJobId = newUuid();
  const inserted = await insert(queueJobId);
  const attempt = { jobId: inserted.id, queueJobId, claim: 0 };
  const way: TransitionName[] = status === "pending" ? [] : started ? ["start"] : [];
  const last = ({ completed: "complete", failed: "fail", cancelled: "cancel" } as Record<string, TransitionName>)[
    status
  ];
  let row: Job | null = await read(inserted.id);
  for (const name of last ? [...way, last] : way) row = await go(name, attempt);
  if (row?.status !== status) throw new Error(`not ${status}`);
  return { row, attempt };
}

const read = (jobId: string) => transactJobs(database.db, (transaction) => lockJob(transaction, jobId));

async function insert(queueJobId: string): Promise<Job> {
  const job: NewJob = {
    id: newJobId(),
    type: "relay",
    tenant: "local",
    requestData: {},
    inputVersion: 1,
    currentStep: "Queued",
    priority: 0,
    rank: 0,
    waitingFor: null,
    maxAttempts: 3,
    requestedMaxAttempts: null,
    maxCostUsd: null,
    tags: [],
    topicId: null,
    articleId: null,
    batchId: null,
    supersedes: null,
    queueJobId,
    phase: "queued",
    forkedFrom: null,
    scheduleId: null,
    startAfter: null,
    startBefore: null,
    webhookUrl: null,
    nextAttemptAt: null,
    idempotencyKey: null,
    requestHash: null,
  };
  const [inserted] = await transactJobs(database.db, (transaction) => insertJobs(transaction, [job]));
  if (!inserted) throw new Error("not inserted");
  return inserted;
}

describe.each(names)("%s", (name) => {
  const { from, to, guard }: Transition = transitions[name];

  test.each(statuses)("from %s", async (status) => {
    const { row, attempt } = await jobIn(status);
    const claimant = name === "start" && status === "processing" ? { ...attempt, claim: 1 } : attempt;
    const landed = await go(name, claimant, name === "start" ? { claim: claimant.claim } : {});
    if (!from.includes(status)) {
      expect(landed).toBeNull();
      expect(await read(row.id)).toEqual(row);
      return;
    }
    // A pending job has no attempt yet, so what only an attempt may do cannot happen to it.
    expect(landed?.status).toBe(to);
    expect(landed?.eventCount).toBe(row.eventCount + 1);
    expect(isFinished(to)).toBe(landed?.completedAt !== null);
    expect(isFinished(to)).toBe(landed?.queueJobId === null);
  });

  test("by a claimant who may not", async () => {
    const status = from[0] ?? "pending";
    const { row, attempt } = await jobIn(status);
    const strangers: Record<typeof guard, AttemptId[]> = {
      attempt: [
        { ...attempt, queueJobId: newUuid() },
        { ...attempt, claim: 1 },
      ],
      claim: [{ ...attempt, queueJobId: newUuid() }],
      "queue job": [{ ...attempt, queueJobId: newUuid() }],
      status: [{ ...attempt, jobId: newJobId() }],
    };
    for (const stranger of strangers[guard]) expect(await go(name, stranger)).toBeNull();
    expect(await read(row.id)).toEqual(row);
  });
});

test("a claim that is not newer starts nothing", async () => {
  const { attempt } = await jobIn("processing");
  expect(await go("start", attempt)).toBeNull();
});

test("a job that never started is pending again when resumed", async () => {
  const { attempt } = await jobIn("cancelled", false);
  expect(await go("resume", attempt)).toMatchObject({ status: "pending", startedAt: null });
});

test.each(statuses)("only a running attempt writes into a job that is %s", async (status) => {
  const { row, attempt } = await jobIn(status);
  const write = (by: AttemptId, percentage: number) =>
    transactJobs(database.db, async (transaction) => {
      await lockJob(transaction, row.id);
      return writeForAttempt(transaction, by, { percentage }, []);
    });
  expect((await write(attempt, 50))?.percentage).toBe(status === "processing" ? 50 : undefined);
  expect(await write({ ...attempt, claim: 9 }, 60)).toBeNull();
  const percentage = status === "processing" ? 50 : row.percentage;
  expect(await read(row.id)).toMatchObject({ status, percentage });
});

test("the database refuses what the table does not know, whoever asks", async () => {
  const legal = new Set(
    Object.values<Transition>(transitions).flatMap(({ from, to, toIfNeverStarted = to }) =>
      from.flatMap((status) => [`${status} ${to}`, `${status} ${toIfNeverStarted}`]),
    ),
  );
  for (const from of statuses) {
    for (const to of statuses) {
      const { row } = await jobIn(from);
      const state = await database.pool
        .query("update generation_jobs set status = $2 where id = $1", [row.id, to])
        .then(() => "taken", sqlStateOf);
      if (from !== to && !legal.has(`${from} ${to}`)) expect([from, to, state]).toEqual([from, to, "23514"]);
    }
  }
});

test.each([
  ["a percentage over 100", "percentage = 101"],
  ["more attempts than allowed", "attempts = 4"],
  ["a finished job without its time", "status = 'cancelled'"],
  ["a live job without a queue job", "queue_job_id = null"],
  ["a failed job without a reason", "status = 'failed', completed_at = now(), queue_job_id = null"],
  [
    "a completed job that is not whole",
    "status = 'completed', completed_at = now(), queue_job_id = null, percentage = 99, phase = 'completed'",
  ],
  ["a wait without an end", "waiting_for = 'patience'"],
  ["a cost below zero", "cost = -1"],
])("the database refuses %s", async (_name, assignment) => {
  const { row } = await jobIn("processing");
  const refused = database.pool.query(`update generation_jobs set ${assignment} where id = $1`, [row.id]);
  await expect(refused).rejects.toMatchObject({ code: "23514" });
});

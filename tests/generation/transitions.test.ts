import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { sql } from "drizzle-orm";
import { type Database, openDatabase } from "../../src/db/client.ts";
import { sqlStateOf, transact } from "../../src/db/commit/transact.ts";
import {
  type AttemptId,
  applyTransition,
  insertJob,
  type JobRow,
  lockJob,
  writeForAttempt,
} from "../../src/generation/job/store.ts";
import {
  isFinished,
  type Status,
  type Transition,
  type TransitionName,
  transitions,
} from "../../src/generation/job/transitions.ts";
import { newJobId, newUuid } from "../../src/ids.ts";
import { createLog } from "../../src/log.ts";
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
  start: { phase: "first", claim: 0, attempts: 1, startedAt: sql`now()` },
  advance: { phase: "second", queueJobId: newUuid(), claim: null, attempts: 0 },
  complete: { phase: "completed", percentage: 100 },
  retry: { nextAttemptAt: sql`now()` },
  wait: { queueJobId: newUuid(), claim: null, attempts: 0, nextAttemptAt: sql`now()`, waitingFor: "patience" },
  fail: { errorCode: "internal" },
  cancel: {},
  resume: { completedAt: null, queueJobId: newUuid(), claim: null, attempts: 0, errorCode: null },
};

async function go(name: TransitionName, attempt: AttemptId, more: object = {}): Promise<JobRow | null> {
  // Each run is another job: a queue job's id stands for one.
  const fresh = "queueJobId" in changes[name] ? { queueJobId: newUuid() } : {};
  return await transact(database.db, (transaction) =>
    applyTransition(transaction, name, attempt, { ...changes[name], ...fresh, ...more }, [
      { type: "resumed", data: {} },
    ]),
  );
}

/** A job that came to its status by transitions, and who may speak for it. */
async function jobIn(status: Status, started = true): Promise<{ row: JobRow; attempt: AttemptId }> {
  const queueJobId = newUuid();
  const values = { id: newJobId(), type: "relay", requestData: {}, currentStep: "Queued", queueJobId };
  const inserted = await transact(database.db, (transaction) => insertJob(transaction, values));
  if (!inserted) throw new Error("not inserted");
  const attempt = { jobId: inserted.id, queueJobId, claim: 0 };
  const way: TransitionName[] = status === "pending" ? [] : started ? ["start"] : [];
  const last = ({ completed: "complete", failed: "fail", cancelled: "cancel" } as Record<string, TransitionName>)[
    status
  ];
  let row: JobRow | null = inserted;
  for (const name of last ? [...way, last] : way) row = await go(name, attempt);
  if (row?.status !== status) throw new Error(`not ${status}`);
  return { row, attempt };
}

const read = (jobId: string) => transact(database.db, ({ tx }) => lockJob(tx, jobId));

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
  const written = await transact(database.db, (transaction) =>
    writeForAttempt(transaction, attempt, { percentage: 50 }, []),
  );
  expect(written?.percentage).toBe(status === "processing" ? 50 : undefined);
  const late = await transact(database.db, (transaction) =>
    writeForAttempt(transaction, { ...attempt, claim: 9 }, { percentage: 60 }, []),
  );
  expect(late).toBeNull();
  expect((await read(row.id))?.status).toBe(status);
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

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import type { JobType } from "../../src/author/index.ts";
import { reconcile } from "../../src/generation/upkeep/reconciler.ts";
import { createLog } from "../../src/log/log.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import {
  eventTypes,
  eventually,
  hurry,
  startTestGalley,
  type TestGalley,
  whenFinished,
} from "../support/galley.ts";
import { relay } from "../support/types.ts";

const kept = relay();
const removed: JobType = { ...relay(), type: "removed" };

let database: TestDatabase;
let desk: TestGalley;
let galleys: TestGalley[];
beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  galleys = [];
  desk = await start([kept, removed], "api");
});
afterEach(async () => {
  for (const galley of galleys) await galley.close();
});
afterAll(() => database.drop());

async function start(jobTypes: JobType[], roles: string): Promise<TestGalley> {
  const galley = await startTestGalley({ jobTypes, test: database, env: { ROLES: roles } });
  galleys.push(galley);
  return galley;
}
const submit = async (type: string) =>
  (
    await desk.service.submit("local", {
      type,
      input: { text: "go" },
      startAfter: new Date(Date.now() + 3_600_000),
    })
  ).job.id;
const reconcileBy = (galley: TestGalley) =>
  reconcile({ ...galley, db: galley.database.db, log: createLog("silent") });
/** The job has been due for so long. By default for longer than workers may be away. */
const longAgo = async (id: string, interval = "25 hours") => {
  await database.query("alter table generation_jobs disable trigger user");
  await database.query(
    `update generation_jobs set last_updated = now() - $2::interval, next_attempt_at = now() - $2::interval
     where id = $1`,
    [id, interval],
  );
  await database.query("alter table generation_jobs enable trigger user");
};
const nothing = { resent: 0, failed: 0, unknownPhase: 0, cancelled: 0 };

test("readiness names the types that no living worker knows, and takes their jobs", async () => {
  const readiness = async () => (await request(desk.url).get("/readyz")).body;
  await database.query("delete from workers");
  expect(await readiness()).toMatchObject({
    status: "ready",
    checks: { workers: "missing" },
    typesWithoutWorker: ["relay", "removed"],
  });
  const worker = await start([kept], "worker");
  expect(await readiness()).toMatchObject({ checks: { workers: "missing" }, typesWithoutWorker: ["removed"] });
  const other = await start([kept, removed], "worker");
  expect(await readiness()).toMatchObject({ checks: { workers: "ok" }, typesWithoutWorker: [] });
  await other.close();
  await worker.close();
  expect(await readiness()).toMatchObject({ typesWithoutWorker: ["relay", "removed"] });
});

test("a job whose phase no worker knows any more fails, but not before a newer version could be taken back", async () => {
  const older = await start([kept, removed], "worker");
  const id = await submit("removed");
  const newer = await start([kept], "worker");
  expect(await reconcileBy(newer)).toEqual(nothing);
  await older.close();
  expect(await reconcileBy(newer)).toEqual(nothing);

  await database.query(
    "update workers set seen_at = now() - interval '25 hours' where 'removed.first' = any(queues)",
  );
  await longAgo(id);
  expect(await reconcileBy(newer)).toEqual({ ...nothing, unknownPhase: 1 });
  const failed = await desk.service.find("local", id);
  expect(failed).toMatchObject({
    status: "failed",
    errorCode: "invalid_phase",
    errorMessage: "No handler can run this phase.",
    errorRetryable: false,
  });
  expect(await eventTypes(desk, failed)).toEqual(["submitted", "attempt_failed", "failed"]);
  const { rows } = await database.query("select state from galley_queue.job where data->>'jobId' = $1", [id]);
  expect(rows).toEqual([{ state: "cancelled" }]);
  expect(await reconcileBy(newer)).toEqual(nothing);
});

test("a job of a type whose first worker is yet to come is left alone for as long", async () => {
  const older = await start([kept], "worker");
  const id = await submit("removed");
  expect(await reconcileBy(older)).toEqual(nothing);
  await longAgo(id);
  expect(await reconcileBy(older)).toEqual({ ...nothing, unknownPhase: 1 });
});

test("workers of a type may be away for a night: the log says so each minute, and their jobs wait", async () => {
  const lines: unknown[] = [];
  const log = { ...createLog("silent"), warn: (line: unknown) => void lines.push(line) } as never;
  const other = await start([kept], "worker");
  const [waiting, later] = [await submit("removed"), await submit("removed")];
  await longAgo(waiting, "11 hours");
  await database.query("update generation_jobs set next_attempt_at = now() + interval '20 days' where id = $1", [
    later,
  ]);
  expect(await reconcile({ ...other, db: other.database.db, log })).toEqual(nothing);
  expect(lines).toEqual([{ event: "no_worker", type: "removed", phase: "queued", jobs: 1 }]);

  await start([removed], "worker");
  await hurry(desk, waiting);
  expect(await whenFinished(desk, waiting)).toMatchObject({ status: "completed" });
  expect((await desk.service.find("local", later)).status).toBe("pending");
});

test("a job whose worker comes while the reconciler looks for unknown phases goes on", async () => {
  const older = await start([kept], "worker");
  const id = await submit("removed");
  await longAgo(id);
  const { queue } = older;
  const findJobsAtUnknownPhase: typeof queue.findJobsAtUnknownPhase = async (limit) => {
    const found = await queue.findJobsAtUnknownPhase(limit);
    await start([kept, removed], "worker");
    await hurry(desk, id);
    await eventually(
      () => desk.service.find("local", id),
      ({ status }) => status === "completed",
    );
    const again = await submit("removed");
    await longAgo(again);
    return [...found, { id: again, queue: "removed.first" }];
  };
  const galley = { ...older, queue: { ...queue, findJobsAtUnknownPhase } };
  expect(await reconcileBy(galley)).toEqual(nothing);
});

test("jobs that this process does not know do not keep it from repairing those that it knows", async () => {
  await start([removed], "worker");
  const others = await Promise.all(Array.from({ length: 110 }, () => submit("removed")));
  await database.query("delete from galley_queue.job where data->>'jobId' = any($1)", [others]);
  const id = await submit("relay");
  await database.query("delete from galley_queue.job where data->>'jobId' = $1", [id]);
  // A worker repairs what it finds when it starts.
  await start([kept], "worker");
  await eventually(
    () =>
      database.query(
        "update galley_queue.job set start_after = now() where data->>'jobId' = $1 and state = 'created'",
        [id],
      ),
    ({ rowCount }) => rowCount === 1,
  );
  expect((await desk.service.find("local", others[0] ?? "")).status).toBe("pending");
  expect(await whenFinished(desk, id)).toMatchObject({ status: "completed" });
});

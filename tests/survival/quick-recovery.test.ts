import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createGate, eventually, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { loseAnswer } from "../support/lost-answer.ts";
import { run } from "../support/process.ts";
import { relay } from "../support/types.ts";
import { unruly } from "../support/unruly.ts";

let database: TestDatabase;
let desk: TestGalley;
beforeEach(async () => {
  database = await createTestDatabase();
  desk = await startTestGalley({ jobTypes: [unruly(), relay()], test: database, env: { ROLES: "api" } });
  // Nothing that happens here is noticed by pg-boss.
  await database.query(
    "update galley_queue.queue set heartbeat_seconds = 3600, monitor_claim_on = now() + interval '1 hour'",
  );
});
afterEach(async () => {
  await desk.close();
  await database.drop();
});

const startWorker = (first: Parameters<typeof relay>[0] = {}) =>
  startTestGalley({ jobTypes: [relay(first), unruly()], test: database, env: { ROLES: "worker" } });

const submit = async (text: string): Promise<string> =>
  (await desk.service.submit("local", { type: "relay", input: { text } })).job.id;

const isRunning = (id: string) =>
  eventually(
    () => desk.service.find("local", id),
    ({ status, claim }) => status === "processing" && claim !== null,
  );

test("the claims of a killed process are handed on by the lock that its end has freed", async () => {
  const killed = run("tests/support/unruly-service.ts", [], { DATABASE_URL: database.url, ROLES: "worker" });
  const { job } = await desk.service.submit("local", { type: "unruly", input: { does: "behave", seconds: 60 } });
  await isRunning(job.id);
  // Nothing is claimed before that.
  expect((await database.query("select from workers where holds_lock")).rowCount).toBe(1);
  const other = await startWorker();
  killed.child.kill("SIGKILL");
  await killed.exit;
  const handedOn = await eventually(
    () => desk.service.find("local", job.id),
    ({ lostAttempts, claim }) => lostAttempts === 1 && claim !== null,
  );
  expect(handedOn).toMatchObject({ status: "processing", attempts: 2, errorCode: "worker_lost" });
  await desk.service.cancel("local", job.id);
  await other.close();
}, 60_000);

test("a worker that is merely disconnected keeps its claims", async () => {
  const gate = createGate();
  const holding = async ({ input }: { input: { text: string } }) => gate.pass().then(() => input);
  const disconnected = await startWorker({ first: holding });
  const id = await submit("go");
  await gate.reached;
  const other = await startWorker();
  const holders = async () => {
    const { rows } = await database.query<{ pid: number }>(
      `select lock.pid from pg_locks lock join pg_stat_activity session using (pid)
       where lock.locktype = 'advisory' and lock.granted and session.application_name = 'galley heartbeat'
         and session.datname = current_database()`,
    );
    return rows.map(({ pid }) => pid);
  };
  let cut: number[] = [];
  for (let round = 0; round < 4; round++) {
    // A backend that was told to end still holds its lock for a moment.
    cut = await eventually(holders, (pids) => pids.length === 2 && !pids.some((pid) => cut.includes(pid)));
    await database.query("select pg_terminate_backend(pid) from unnest($1::integer[]) as pid", [cut]);
  }
  await eventually(holders, (pids) => pids.length === 2 && !pids.some((pid) => cut.includes(pid)));
  gate.open();
  expect(await whenFinished(desk, id)).toMatchObject({ status: "completed", lostAttempts: 0 });
  await disconnected.close();
  await other.close();
}, 60_000);

test("a claim whose answer was lost is found again by its own worker, and uses up no attempt", async () => {
  const worker = await startWorker();
  // The first commit from now on is that of the claim.
  const loss = loseAnswer(worker.database.pool, /^commit$/, 1);
  const id = await submit("go");
  expect(await whenFinished(desk, id)).toMatchObject({ status: "completed", lostAttempts: 0 });
  expect(loss.hasHappened()).toBe(true);
  expect((await desk.service.readEvents(await desk.service.find("local", id), 0)).map(({ type }) => type)).toEqual([
    "submitted",
    "phase_started",
    "phase_completed",
    "phase_started",
    "phase_completed",
    "completed",
  ]);
  await worker.close();
}, 60_000);

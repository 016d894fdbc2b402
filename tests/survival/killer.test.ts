import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { eventually, startTestGalley, type TestGalley } from "../support/galley.ts";
import { type Run, run } from "../support/process.ts";
import { unruly } from "../support/unruly.ts";

let database: TestDatabase;
let desk: TestGalley;
let worker: Run;
let deaths: number;
let isOver: boolean;
let supervision: Promise<void>;
beforeEach(async () => {
  database = await createTestDatabase();
  desk = await startTestGalley({ jobTypes: [unruly()], test: database, env: { ROLES: "api" } });
  deaths = 0;
  isOver = false;
});
afterEach(async () => {
  isOver = true;
  worker.child.kill("SIGKILL");
  await supervision;
  await desk.close();
  await database.drop();
});

/** Starts a worker, and another one as soon as it has ended. */
async function keepWorkerRunning(): Promise<void> {
  while (!isOver) {
    worker = run("tests/support/unruly-service.ts", [], { DATABASE_URL: database.url, ROLES: "worker" });
    await worker.exit;
    deaths++;
    // As if the ten seconds had passed after which pg-boss misses its heartbeat.
    await database.query(
      "update galley_queue.job set heartbeat_on = now() - interval '1 minute' where state = 'active'",
    );
    await database.query("update galley_queue.queue set monitor_claim_on = now() - interval '1 hour'");
  }
}

/** Takes the delays away that keep suspects apart, so that they meet again and again. */
async function makeAllDue(): Promise<void> {
  const { rowCount } = await database.query(
    "update galley_queue.job set start_after = now() where state < 'active' and start_after > now()",
  );
  if (rowCount) await database.query("select pg_notify('galley:public', '{}')");
}

test("a job that ends its process, again and again, fails alone, and the six beside it complete", async () => {
  const submit = async (input: object) => (await desk.service.submit("local", { type: "unruly", input })).job.id;
  const innocent = await Promise.all(Array.from({ length: 6 }, () => submit({ does: "behave", seconds: 1 })));
  const killer = await submit({ does: "exit" });
  supervision = keepWorkerRunning();

  const jobs = await eventually(
    async () => {
      await makeAllDue();
      return await Promise.all([...innocent, killer].map((id) => desk.service.find("local", id)));
    },
    (found) => found.every(({ completedAt }) => completedAt !== null),
    50,
  );
  expect(jobs.map(({ status }) => status)).toEqual([...innocent.map(() => "completed"), "failed"]);
  expect(jobs.at(-1)).toMatchObject({ errorCode: "worker_lost", phase: "doing" });
  // Each of its deaths is its own: those who were lost with it have not become killers.
  expect(deaths).toBeLessThanOrEqual(4);
  // What was finished is not done again, however often the phase began.
  const { rows } = await database.query(
    "select job_id, count(*)::integer as outputs from generation_steps group by job_id",
  );
  expect(rows).toEqual([...innocent, killer].map(() => ({ job_id: expect.any(String), outputs: 1 })));
  const events = await desk.service.readEvents(jobs.at(-1) as (typeof jobs)[number], 0);
  expect(events.filter(({ type }) => type === "attempt_failed")).toHaveLength(4);
});

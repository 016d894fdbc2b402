import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { eventually, startTestGalley, type TestGalley } from "../support/galley.ts";
import { type Run, run } from "../support/process.ts";
import { unruly } from "../support/unruly.ts";

let database: TestDatabase;
let desk: TestGalley;
let service: Run;
beforeEach(async () => {
  database = await createTestDatabase();
  desk = await startTestGalley({ jobTypes: [unruly()], test: database, env: { ROLES: "api" } });
});
afterEach(async () => {
  service.child.kill("SIGKILL");
  await service.exit;
  await desk.close();
  await database.drop();
});

async function startWorker(expireInSeconds: number): Promise<void> {
  const env = { DATABASE_URL: database.url, ROLES: "worker" };
  service = run("tests/support/unruly-service.ts", [String(expireInSeconds)], env);
  await eventually(service.stdout, (text) => text.includes("\n"));
}
const block = async (seconds: number) =>
  (await desk.service.submit("local", { type: "unruly", input: { does: "block", seconds } })).job.id;
const logged = (event: string) =>
  service
    .stderr()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))
    .filter((line) => line.event === event);
/** Lets pg-boss look for missed heartbeats now. */
async function supervise(): Promise<void> {
  await database.query("update galley_queue.queue set monitor_claim_on = now() - interval '1 hour'");
  await desk.queue.supervise();
}

test("a handler that blocks the event loop for longer than a heartbeat is no dead worker, and the log says how long", async () => {
  await startWorker(600);
  const id = await block(12);
  const job = await eventually(
    async () => {
      await supervise();
      return await desk.service.find("local", id);
    },
    ({ completedAt }) => completedAt !== null,
  );
  expect(job).toMatchObject({ status: "completed", attempts: 1, lastError: null });
  const [line] = await eventually(
    () => logged("event_loop_blocked"),
    (lines) => lines.length > 0,
  );
  expect(line).toMatchObject({ level: "warn", attempts: [{ job: id, phase: "doing" }] });
  expect(line.seconds).toBeGreaterThan(11);
  expect(line.seconds).toBeLessThan(20);
});

test("a handler in an endless loop is given up at its phase's deadline, and another worker may take the job", async () => {
  await startWorker(2);
  const id = await block(600);
  const [line] = await eventually(
    () => logged("attempt_given_up"),
    (lines) => lines.length > 0,
  );
  expect(line).toMatchObject({ level: "error", job: id, phase: "doing" });
  // As if the last beat had come seven seconds ago: if there were more to come, the next ones would be in time.
  await database.query(
    "update galley_queue.job set heartbeat_on = now() - interval '7 seconds' where state = 'active'",
  );
  const { rows } = await eventually(
    async () => {
      await supervise();
      return await database.query("select state from galley_queue.job where data->>'jobId' = $1", [id]);
    },
    (found) => found.rows.some(({ state }) => state !== "active"),
    15,
  );
  expect(rows).not.toEqual([]);
});

import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import type { JobType } from "../../src/author/index.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createGate, eventually, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { type Line, openLine } from "../support/line.ts";
import { relay } from "../support/types.ts";

let database: TestDatabase;
let line: Line;
let galley: TestGalley;
beforeEach(async () => {
  database = await createTestDatabase();
  // LISTEN is taken, and nothing is ever heard.
  line = await openLine(database.url, { pooled: true });
});
afterEach(async () => {
  await galley.close();
  await line.close();
  await database.drop();
});

const notifications = async () => (await request(galley.url).get("/readyz")).body.checks.notifications;
const start = async (type: JobType) => {
  const env = { DATABASE_TIMEOUT_SECONDS: "2" };
  galley = await startTestGalley({ jobTypes: [type], test: { ...database, url: line.url }, env });
};
const submit = async () => (await galley.service.submit("local", { type: "relay", input: { text: "go" } })).job.id;

/** How many connections of listeners the server has had, this one's and those that it gave up. */
const pids = new Set<number>();
async function listenersSeen(): Promise<number> {
  const { rows } = await database.query<{ pid: number }>(
    "select pid from pg_stat_activity where application_name = 'galley listener' and datname = current_database()",
  );
  for (const { pid } of rows) pids.add(pid);
  return pids.size;
}

test("where LISTEN is taken but nothing is ever heard, it says polling, and jobs run to their end", async () => {
  await start(relay());
  const said = new Set<string>();
  const id = await submit();
  const job = await eventually(
    async () => {
      said.add(await notifications());
      return await galley.service.find("local", id);
    },
    ({ status }) => status === "completed",
  );
  expect(job).toMatchObject({ attempts: 1 });
  await eventually(listenersSeen, (number) => number >= 2);
  said.add(await notifications());
  expect([...said]).toEqual(["polling"]);
});

test("where nothing is ever heard, a running job is cancelled, and a long poll answers soon after", async () => {
  const gate = createGate();
  const stopped = Promise.withResolvers<void>();
  const holding = relay({
    async first({ input, signal }) {
      signal.addEventListener("abort", () => stopped.resolve());
      await gate.pass(signal);
      return input;
    },
  });
  await start(holding);
  const id = await submit();
  await gate.reached;

  const asked = performance.now();
  const [poll] = await Promise.all([
    request(galley.url).get(`/v1/jobs/${id}`).set("Prefer", "wait=15"),
    request(galley.url).post(`/v1/jobs/${id}/cancel`),
  ]);
  expect(poll.body.status).toBe("cancelled");
  expect(performance.now() - asked).toBeLessThan(12_000);
  await stopped.promise;
  expect(await whenFinished(galley, id)).toMatchObject({ status: "cancelled" });
});

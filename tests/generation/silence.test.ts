import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import type { PhaseContext } from "../../src/author/index.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createGate, eventually, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { type Line, openLine } from "../support/line.ts";
import { relay } from "../support/types.ts";

let database: TestDatabase;
let line: Line;
let galley: TestGalley;
beforeEach(async () => {
  database = await createTestDatabase();
  line = await openLine(database.url);
});
afterEach(async () => {
  line.mend();
  await galley.close();
  await line.close();
  await database.drop();
});

type Given = PhaseContext<{ text: string }>;

async function start(first: (given: Given) => Promise<{ text: string }>): Promise<void> {
  galley = await startTestGalley({
    jobTypes: [relay({ first })],
    test: { ...database, url: line.url },
    env: { DATABASE_TIMEOUT_SECONDS: "2" },
  });
}
const submit = async () => (await galley.service.submit("local", { type: "relay", input: { text: "go" } })).job.id;
const notifications = async () => (await request(galley.url).get("/readyz")).body.checks.notifications;

test("a listening connection that goes silent is noticed; jobs go on and are cancelled until it is back", async () => {
  const gate = createGate();
  const stopped = Promise.withResolvers<void>();
  await start(async ({ input, attempt, signal }) => {
    if (input.text === "go" || attempt > 1) return input;
    signal.addEventListener("abort", () => stopped.resolve());
    await gate.pass(signal);
    return input;
  });
  await eventually(notifications, (now) => now === "listening");
  const held = (await galley.service.submit("local", { type: "relay", input: { text: "hold" } })).job.id;
  await gate.reached;

  line.silence("galley listener");
  const id = await submit();
  expect(await whenFinished(galley, id)).toMatchObject({ status: "completed", attempts: 1 });
  await galley.service.cancel("local", held);
  await stopped.promise;
  await eventually(notifications, (now) => now === "polling");
  expect(await galley.service.find("local", held)).toMatchObject({ status: "cancelled" });

  line.mend();
  await eventually(notifications, (now) => now === "listening", 15);
});

import { afterEach, expect, test } from "@jest/globals";
import type { JobType } from "../../src/author/index.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { startTestGalley, type TestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let database: TestDatabase;
const galleys: TestGalley[] = [];
afterEach(async () => {
  for (const galley of galleys.splice(0)) await galley.close();
  await database.drop();
});

async function start(jobTypes: JobType[], roles: string): Promise<TestGalley> {
  const galley = await startTestGalley({ jobTypes, test: database, env: { ROLES: roles } });
  galleys.push(galley);
  return galley;
}

const newer = (handler?: Parameters<typeof relay>[0]) => ({ ...relay(handler), type: "newer" });
const states = async (id: string) =>
  (await database.query("select state from galley_queue.job where data->>'jobId' = $1", [id])).rows;

test("a cancel through an API that does not know the job's type stops its handler all the same", async () => {
  database = await createTestDatabase();
  const running = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<unknown>();
  const worker = await start(
    [
      newer({
        first: ({ signal }) => {
          signal.addEventListener("abort", () => stopped.resolve(signal.reason));
          running.resolve();
          return new Promise(() => undefined);
        },
      }),
    ],
    "api,worker",
  );
  const older = await start([relay()], "api");
  const { id } = (await worker.service.submit("local", { type: "newer", input: { text: "go" } })).job;
  await running.promise;
  expect(await older.service.cancel("local", id)).toMatchObject({ status: "cancelled" });
  expect(await stopped.promise).toMatchObject({ why: "cancelled" });
  expect(await states(id)).toEqual([{ state: "cancelled" }]);
});

test("a cancel of a job that waits, through an API that does not know its type, takes it out of the queue", async () => {
  database = await createTestDatabase();
  const desk = await start([newer()], "api");
  const older = await start([relay()], "api");
  const { id } = (await desk.service.submit("local", { type: "newer", input: { text: "go" } })).job;
  await older.service.cancel("local", id);
  expect(await states(id)).toEqual([{ state: "cancelled" }]);
});

import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { startTestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let testDb: TestDatabase;
beforeEach(async () => {
  testDb = await createTestDatabase();
});
afterEach(() => testDb.drop());

/** What pg-boss holds of the queue of the first phase after a start with these bounds. */
async function startWith(bounds: { retryLimit: number; expireInSeconds: number }) {
  const galley = await startTestGalley({ jobTypes: [relay({}, bounds)], test: testDb, env: { ROLES: "api" } });
  await galley.close();
  const { rows } = await testDb.query(
    `select retry_limit as "retryLimit", expire_seconds as "expireSeconds", updated_on as "updatedOn"
     from galley_queue.queue where name = 'relay.first'`,
  );
  return rows[0];
}

test("a phase's new bounds reach its queue at the next start, and a start that changes nothing writes nothing", async () => {
  const first = await startWith({ retryLimit: 1, expireInSeconds: 60 });
  expect(first).toMatchObject({ retryLimit: 1 });
  const second = await startWith({ retryLimit: 4, expireInSeconds: 90 });
  expect(second).toMatchObject({ retryLimit: 4, expireSeconds: first.expireSeconds + 30 });
  expect(await startWith({ retryLimit: 4, expireInSeconds: 90 })).toEqual(second);
});

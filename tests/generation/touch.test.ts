import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { transactJobs } from "../../src/generation/job/locked-jobs.ts";
import { startTestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

test("a heartbeat waits for no queue job that is being ended, and does not take it for lost", async () => {
  const galley = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api" } });
  const { database, queue, service, test: testDb } = galley;
  try {
    for (let count = 0; count < 3; count++) await service.submit("local", { type: "relay", input: { text: "go" } });
    const claims = await transactJobs(database.db, (transaction) => queue.fetch(transaction, "relay.first", 3));
    const [locked, free, lost] = claims as [(typeof claims)[0], (typeof claims)[0], (typeof claims)[0]];
    await testDb.query("update galley_queue.job set heartbeat_on = now() - interval '10 seconds'");
    const ages = async () =>
      (
        await testDb.query<{ id: string; age: number }>(
          "select id, extract(epoch from now() - heartbeat_on)::float as age from galley_queue.job",
        )
      ).rows;

    await testDb.query("begin");
    await testDb.query("select from galley_queue.job where id = $1 for update", [locked.queueJobId]);
    const answer = await Promise.race([
      queue.touch([locked, free, { ...lost, claim: lost.claim + 1 }]),
      delay(3_000, "waits", { ref: false }),
    ]);
    await testDb.query("rollback");

    expect(answer).toEqual([{ ...lost, claim: lost.claim + 1 }]);
    const touched = (await ages()).filter(({ age }) => age < 5);
    expect(touched.map(({ id }) => id)).toEqual([free.queueJobId]);
  } finally {
    await galley.close();
  }
});

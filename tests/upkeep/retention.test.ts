import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { cleanUp } from "../../src/generation/upkeep/retention.ts";
import { startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
beforeEach(async () => {
  galley = await startTestGalley({
    jobTypes: [relay({ first: async ({ input, step }) => step("once", 1, async () => input) })],
  });
});
afterEach(() => galley.close());

async function finishedJob(finishedDaysAgo: number): Promise<string> {
  const { job } = await galley.service.submit("local", { type: "relay", input: { text: "go" } });
  await whenFinished(galley, job.id);
  await galley.test.query(
    "update generation_jobs set completed_at = now() - make_interval(days => $2) where id = $1",
    [job.id, finishedDaysAgo],
  );
  return job.id;
}

test("finished jobs past retention go with all that hangs on them, and are remembered as gone", async () => {
  const old = await finishedJob(31);
  const young = await finishedJob(29);
  const live = (
    await galley.service.submit("local", {
      type: "relay",
      input: { text: "later" },
      startAfter: new Date(Date.now() + 60_000),
    })
  ).job.id;
  const { db } = galley.database;

  expect(await cleanUp(db, { retentionDays: 30, dryRun: true })).toEqual({ jobs: 1, events: 8, steps: 1 });
  expect(await cleanUp(db, { retentionDays: 30 })).toEqual({ jobs: 1, events: 8, steps: 1 });
  expect(await cleanUp(db, { retentionDays: 30 })).toEqual({ jobs: 0, events: 0, steps: 0 });

  await expect(galley.service.find("local", old)).rejects.toMatchObject({ code: "gone" });
  expect((await galley.service.find("local", young)).status).toBe("completed");
  expect((await galley.service.find("local", live)).status).toBe("pending");
  const left = await galley.test.query("select count(*)::integer as rows from generation_steps where job_id = $1", [
    old,
  ]);
  expect(left.rows).toEqual([{ rows: 0 }]);
});

test("the SQL functions answer as they always did", async () => {
  const old = await finishedJob(31);
  const progress = await galley.test.query(
    "select get_job_progress($1) as row, get_job_progress('job_x') as missing",
    [old],
  );
  expect(progress.rows[0].row).toMatchObject({ id: old, status: "completed", percentage: 100 });
  expect(progress.rows[0].missing).toEqual({
    error: "Job not found",
    jobId: "job_x",
    timestamp: expect.any(String),
  });
  const removed = await galley.test.query("select cleanup_old_generation_jobs() as jobs");
  expect(removed.rows).toEqual([{ jobs: 1 }]);
});

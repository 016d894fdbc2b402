import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createLog } from "../../src/log/log.ts";
import { fireDue } from "../../src/schedules/fire.ts";
import { createSchedules } from "../../src/schedules/schedules.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { layFuse } from "../support/fuse.ts";
import { eventually, startTestGalley, type TestGalley } from "../support/galley.ts";
import { loseAnswer } from "../support/lost-answer.ts";
import { relay } from "../support/types.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const log = createLog("silent");
const start = () => startTestGalley({ jobTypes: [relay()], test: database, env: { ROLES: "api" } });
const fire = (galley: TestGalley) => fireDue({ ...galley, db: galley.database.db, log });

async function makeSchedules(galley: TestGalley, count: number): Promise<void> {
  await database.query("delete from schedules");
  const schedules = createSchedules({ catalogue: galley.catalogue, db: galley.database.db });
  for (let n = 0; n < count; n++) {
    await schedules.create("local", {
      type: "relay",
      input: { text: `${n}` },
      cron: "0 * * * *",
      timeZone: "UTC",
      missed: "once",
      paused: false,
      priority: 0,
      maxCostUsd: null,
      tags: [],
    });
  }
}

const makeDue = () => database.query("update schedules set next_run_at = date_trunc('milliseconds', now())");

/** How many jobs each schedule has, from those with the fewest; and whether each job has its queue job. */
async function counted(): Promise<{ jobs: number[]; unqueued: number }> {
  const { rows } = await database.query<{ jobs: number; unqueued: number }>(`
    select count(job.id)::integer as jobs,
      count(job.id) filter (where not exists (select from galley_queue.job as queued where queued.id = job.queue_job_id))::integer as unqueued
    from schedules left join generation_jobs job on job.schedule_id = schedules.id group by schedules.id order by 1`);
  return { jobs: rows.map(({ jobs }) => jobs), unqueued: rows.reduce((sum, { unqueued }) => sum + unqueued, 0) };
}

test("four processes that fire at once make one job of each occurrence", async () => {
  const galleys = await Promise.all([start(), start(), start(), start()]);
  try {
    await makeSchedules(galleys[0] as TestGalley, 25);
    const rounds = 4;
    for (let round = 1; round <= rounds; round++) {
      await makeDue();
      const fired = await Promise.all(galleys.map(fire));
      expect(fired.reduce((sum, count) => sum + count, 0)).toBe(25);
      expect(await counted()).toEqual({ jobs: Array(25).fill(round), unqueued: 0 });
    }
  } finally {
    await Promise.all(galleys.map((galley) => galley.close()));
  }
});

test("a process that dies before any of its statements leaves the occurrence whole, for another", async () => {
  const other = await start();
  await makeSchedules(other, 1);
  let points = 0;
  for (let point = 1; point < 60; point++) {
    await makeDue();
    const galley = await start();
    const fuse = layFuse(galley, point);
    fuse.light();
    const died = await fire(galley).then(
      () => false,
      () => true,
    );
    await galley.close();
    // PostgreSQL lets go of what the dead one held as soon as it notices.
    await eventually(
      () => fire(other).then(counted),
      ({ jobs }) => jobs[0] === point,
    );
    expect([point, await counted()]).toEqual([point, { jobs: [point], unqueued: 0 }]);
    if (!died) break;
    points++;
  }
  // Claim, submission and the next time are more than a few statements.
  expect(points).toBeGreaterThan(5);
  expect(points).toBeLessThan(59);
  await other.close();
});

test("an occurrence whose commit was not heard of is not submitted once more", async () => {
  const galley = await start();
  await makeSchedules(galley, 1);
  await makeDue();
  const lost = loseAnswer(galley.database.pool, /^commit/, 1);
  await expect(fire(galley)).rejects.toThrow();
  expect(lost.hasHappened()).toBe(true);
  expect(await fire(galley)).toBe(0);
  expect(await counted()).toEqual({ jobs: [1], unqueued: 0 });
  await galley.close();
});

import { afterEach, beforeEach, expect, test } from "@jest/globals";
import pg from "pg";
import { cleanUp } from "../../src/generation/upkeep/cleanup/cleanup.ts";
import { rollUp } from "../../src/generation/upkeep/roll-up.ts";
import { readJobStats } from "../../src/statistics/job-stats.ts";
import { thirtyDays } from "../support/finished-jobs.ts";
import { eventually, startTestGalley, type TestGalley } from "../support/galley.ts";
import { lockWaits } from "../support/lock-waits.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
beforeEach(async () => {
  galley = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api" } });
});
afterEach(() => galley.close());

/** Jobs of three tenants over sixty days and the last minutes, in each status. */
const insert = `
  insert into generation_jobs (id, tenant, type, request_data, status, phase, percentage, current_step, created_at,
    started_at, completed_at, queue_job_id, event_count, error_code)
  select 'job_' || lpad(to_hex($1::integer + n), 32, '0'), 'tenant ' || n % 3, 'relay', '{}', status, case when status = 'completed' then 'completed' else 'first' end,
    case when status = 'completed' then 100 else 0 end, '', at, case when status <> 'pending' then at end,
    case when status in ('completed', 'failed', 'cancelled') then at + make_interval(secs => n % 100) end,
    case when status in ('pending', 'processing') then gen_random_uuid() end, 1,
    case when status = 'failed' then 'internal' end
  from generate_series(1, $2::integer) as n,
    lateral (select (array['completed', 'completed', 'failed', 'cancelled', 'pending', 'processing'])[1 + n % 6] as status,
      now() - interval '2 minutes' - make_interval(mins => (n * n * 37) % 1440 * (1 + n / 6 % 2 * 59)) as at) as made`;

/** What the view says, or of a tenant its own statistics, beside what counting every row says. */
async function bothCounts(tenant: string | null) {
  const { rows } = await galley.test.query(
    `
    select count(*)::integer as total_jobs,
      count(*) filter (where status = 'pending')::integer as pending_jobs,
      count(*) filter (where status = 'processing')::integer as processing_jobs,
      count(*) filter (where status = 'completed')::integer as completed_jobs,
      count(*) filter (where status = 'failed')::integer as failed_jobs,
      count(*) filter (where status = 'cancelled')::integer as cancelled_jobs,
      round(avg(extract(epoch from completed_at - started_at)) filter (where status = 'completed'), 6)::float
        as avg_processing_seconds,
      count(*) filter (where created_at > now() - interval '1 hour')::integer as jobs_last_hour,
      count(*) filter (where created_at > now() - interval '1 day')::integer as jobs_last_day
    from generation_jobs where $1::text is null or tenant = $1`,
    [tenant],
  );
  const stats =
    tenant === null
      ? (await galley.test.query("select * from generation_job_stats")).rows[0]
      : await readJobStats(galley.database.db, tenant);
  const seconds = stats.avg_processing_seconds;
  return { stats: { ...stats, avg_processing_seconds: seconds && Number(seconds.toFixed(6)) }, counted: rows[0] };
}

async function expectEqual(): Promise<Record<string, number | null>> {
  const ofTenant = await bothCounts("tenant 1");
  expect(ofTenant.stats).toEqual(ofTenant.counted);
  const ofAll = await bothCounts(null);
  expect(ofAll.stats).toEqual(ofAll.counted);
  return ofAll.counted;
}

test("the statistics are those of every row, rolled up or not, whatever is removed, resumed or mended", async () => {
  const { service, database, test: testDb } = galley;
  const { db } = database;
  await testDb.query(insert, [0, 3_000]);
  const before = await expectEqual();
  expect(before).toMatchObject({ total_jobs: 3_000, completed_jobs: 1_000, failed_jobs: 500 });
  await rollUp(db);
  const { rows: hours } = await testDb.query("select sum(completed)::integer as rolled from generation_job_hours");
  expect(hours[0].rolled).toBeGreaterThan(900);
  expect(await expectEqual()).toEqual(before);

  expect((await cleanUp(db, { retention: thirtyDays, cause: "hand" })).removed.jobs).toBeGreaterThan(100);
  const afterCleanup = await expectEqual();
  expect(afterCleanup.total_jobs).toBeLessThan(before.total_jobs ?? 0);

  const { rows: failed } = await testDb.query(
    "select id, tenant from generation_jobs where status = 'failed' and completed_at < now() - interval '1 hour' limit 1",
  );
  await service.resume(failed[0].tenant, failed[0].id);
  expect(await expectEqual()).toMatchObject({
    total_jobs: afterCleanup.total_jobs,
    failed_jobs: (afterCleanup.failed_jobs ?? 0) - 1,
  });
  await testDb.query(
    "update generation_jobs set completed_at = completed_at + interval '1 day' where status = 'completed' and completed_at < now() - interval '2 days'",
  );
  expect((await expectEqual()).avg_processing_seconds).toBeGreaterThan(before.avg_processing_seconds ?? 0);

  await testDb.query("truncate generation_jobs");
  expect(await expectEqual()).toMatchObject({ total_jobs: 0, jobs_last_day: 0 });
});

test("a removal that is under way while jobs are rolled up is counted once", async () => {
  const { db } = galley.database;
  await galley.test.query(insert, [0, 600]);
  const other = new pg.Client({ connectionString: galley.test.url });
  await other.connect();
  try {
    await other.query("begin");
    const removed = await other.query("delete from generation_jobs where status = 'completed'");
    expect(removed.rowCount).toBe(200);
    const rollingUp = rollUp(db);
    await eventually(
      () => lockWaits(galley.test, "roll_up"),
      ({ length }) => length > 0,
    );
    await other.query("commit");
    await rollingUp;
  } finally {
    await other.end();
  }
  expect(await expectEqual()).toMatchObject({ total_jobs: 400, completed_jobs: 0 });
});

test("a roll-up that has no time left leaves the rest to the next one", async () => {
  await galley.test.query(insert, [0, 60]);
  const { db } = galley.database;
  const hasRolled = async () => (await galley.test.query("select from generation_job_hours")).rowCount !== 0;
  await rollUp(db, AbortSignal.abort());
  expect(await hasRolled()).toBe(false);
  await rollUp(db);
  expect(await hasRolled()).toBe(true);
});

import { sql } from "drizzle-orm";
import type { Db } from "../../db/client.ts";

export type CleanupReport = { jobs: number; events: number; steps: number };

const batchSize = 500;

/**
 * Removes jobs that finished more than `retentionDays` (`RETENTION_DAYS`) ago with their events and steps, in short
 * transactions of the SQL function in `drizzle/`. Articles, topics and the ledger stay. `dryRun`: only counts what would go.
 */
export async function cleanUp(
  db: Db,
  { retentionDays, dryRun = false }: { retentionDays: number; dryRun?: boolean },
): Promise<CleanupReport> {
  if (dryRun) return await countRemovable(db, retentionDays);
  const total: CleanupReport = { jobs: 0, events: 0, steps: 0 };
  for (;;) {
    const { rows } = await db.execute<CleanupReport>(
      sql`select jobs, events, steps from remove_finished_generation_jobs(make_interval(days => ${retentionDays}), ${batchSize})`,
    );
    const removed = rows[0];
    if (!removed || removed.jobs === 0) return total;
    total.jobs += removed.jobs;
    total.events += removed.events;
    total.steps += removed.steps;
  }
}

async function countRemovable(db: Db, retentionDays: number): Promise<CleanupReport> {
  const { rows } = await db.execute<CleanupReport>(sql`
    with removable as materialized (
      select id from generation_jobs where completed_at < now() - make_interval(days => ${retentionDays})
    )
    select
      (select count(*) from removable)::integer as jobs,
      (select count(*) from generation_job_events where job_id in (select id from removable))::integer as events,
      (select count(*) from generation_steps where job_id in (select id from removable))::integer as steps`);
  return rows[0] ?? { jobs: 0, events: 0, steps: 0 };
}

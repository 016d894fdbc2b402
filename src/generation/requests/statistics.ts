import { sql } from "drizzle-orm";
import type { Db } from "../../db/client.ts";

/** The one row of the view `generation_job_stats`, its columns as they are named there. */
export async function readJobStats(db: Db): Promise<Record<string, number | null>> {
  const { rows } = await db.execute<Record<string, number | null>>(sql`select * from generation_job_stats`);
  return rows[0] ?? {};
}

const recentJobs = 50;

/** The median time from submission to completion of the latest jobs of a type, in seconds. Null without any. */
export async function readTypicalSeconds(db: Db, type: string): Promise<number | null> {
  const { rows } = await db.execute<{ seconds: number | null }>(sql`
    select percentile_cont(0.5) within group (order by extract(epoch from completed_at - created_at)) as seconds
    from (
      select created_at, completed_at from generation_jobs
      where type = ${type} and status = 'completed'
      order by completed_at desc nulls last limit ${recentJobs}
    ) as recent`);
  return rows[0]?.seconds ?? null;
}

import type { Db } from "../../db/client.ts";
import { queryWith, statement } from "../../db/commit/statement.ts";

const batchSize = 200;

/**
 * Removes the pieces of text that were streamed for jobs which have finished more than `days` (`TEXT_RETENTION_DAYS`) ago, a
 * few jobs at a time. The texts themselves stay with their steps, and readers of events are given a `snapshot` in the
 * place of what was removed. Returns how many pieces there were. `dryRun`: only counts them.
 */
export async function removeText(
  db: Db,
  { days, dryRun = false }: { days: number; dryRun?: boolean },
): Promise<number> {
  const query = queryWith(db.$client, db.$client.session);
  let total = 0;
  let last = { completedAt: "-infinity", id: "" };
  for (;;) {
    const [batch] = await query<{ pieces: number; completedAt: string | null; id: string }>(
      dryRun ? countBatch : removeBatch,
      [days, last.completedAt, last.id],
    );
    if (!batch || batch.completedAt === null) return total;
    total += batch.pieces;
    last = { completedAt: batch.completedAt, id: batch.id };
  }
}

const batch = `
  batch as materialized (
    select id, completed_at from generation_jobs
    where completed_at < now() - make_interval(days => $1) and completed_at >= $2::timestamptz
      and (completed_at, id) > ($2::timestamptz, $3::text)
    order by completed_at, id limit ${batchSize}
  ), last as (
    select id, completed_at from batch order by completed_at desc, id desc limit 1
  )`;

// As an array the jobs are looked up by the events' key; joined to, the whole table could be read for them.
const pieces = "type = 'text' and job_id = any(array(select id from batch))";

// In the text of the database, which is exact to the microsecond.
const answer = `
  (select count(*) from pieces)::integer as pieces, (select completed_at::text from last) as "completedAt",
  (select id from last) as id`;

const removeBatch = statement(
  `with ${batch}, pieces as (delete from generation_job_events where ${pieces} returning 1) select ${answer}`,
);
const countBatch = statement(
  `with ${batch}, pieces as (select from generation_job_events where ${pieces}) select ${answer}`,
);

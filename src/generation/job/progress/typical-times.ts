import type { Db } from "../../../db/client.ts";
import { queryWith, statement } from "../../../db/commit/statement.ts";
import type { Log } from "../../../log/log.ts";
import type { Catalogue } from "../catalogue.ts";
import type { TypicalTime } from "./estimates.ts";

/** What the latest completed jobs of each type say of the next. */
export type TypicalTimes = {
  /** Null with fewer than five completed jobs. As they were read last; what is older than half a minute is read anew then. */
  of(type: string): TypicalTime | null;
};

const freshMilliseconds = 30_000;
const fewestJobs = 5;
const recentJobs = 50;

/** Reads them once, and anew when they are asked for later. */
export async function openTypicalTimes(db: Db, { types }: Catalogue, log: Log): Promise<TypicalTimes> {
  const query = queryWith(db.$client, db.$client.session);
  let known = new Map<string, TypicalTime>();
  let readAt = -Infinity;

  async function read(): Promise<void> {
    readAt = performance.now();
    const rows = await query<TypicalTime & { type: string }>(select, [types.map(({ type }) => type)]);
    known = new Map(rows.map(({ type, ...typical }) => [type, typical]));
  }

  await read();
  return {
    of(type) {
      if (performance.now() - readAt > freshMilliseconds) {
        read().catch((error: unknown) => log.warn({ event: "typical_times_failed", err: error }));
      }
      return known.get(type) ?? null;
    },
  };
}

// A fork has run only a part of its phases. How long a person took says nothing of the next job.
const select = statement(`
  select type,
    percentile_cont(0.5) within group (order by seconds) as seconds,
    coalesce(percentile_cont(0.5) within group (order by between_seconds), 0) as "betweenSeconds"
  from unnest($1::text[]) as known (type) cross join lateral (
    select extract(epoch from completed_at - started_at)::double precision as seconds,
      extract(epoch from lag(completed_at) over (order by completed_at desc) - completed_at)::double precision as between_seconds
    from (
      select id, started_at, completed_at from generation_jobs as job
      where job.type = known.type and status = 'completed' and forked_from is null
      order by completed_at desc nulls last limit ${recentJobs}
    ) as recent
    where not exists (select from generation_answers as asked where asked.job_id = recent.id)
  ) as times
  group by type having count(*) >= ${fewestJobs}`);

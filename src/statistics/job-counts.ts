import { type SQL, sql } from "drizzle-orm";
import type { Histogram } from "../db/schema/upkeep/statistics.ts";
import { areInWindow, type Counting, millis } from "./snapshot.ts";

type Kind = { type: string; phase: string; measure: string; code: string; count: number };

/** What was counted of jobs in the window, as `db/schema/upkeep/statistics.ts` says. */
export type JobCount = Kind & {
  /** USD or seconds. */
  amount: string;
  unpriced: number;
  /** Of seconds: the histograms that make them up. */
  histograms: Histogram[] | null;
};

/** How many jobs were created or ended so, in the window or the one before. `latest`: the span of the last of them. */
export type EndCount = Kind & { isBefore: boolean; latest: Date };

/** How many jobs were created or ended so in one span of the window. */
export type SpanCount = Pick<Kind, "measure" | "count"> & { start: Date };

/** Counts what jobs came to: what was rolled up, and from their rows what was not. */
export async function countJobs(counting: Counting): Promise<JobCount[]> {
  const { rows } = await counting.tx.execute<JobCount>(sql`
    select type, phase, measure, code, sum(count)::float8 as count, sum(amount)::numeric(30,12)::text as amount,
      sum(unpriced)::float8 as unpriced, json_agg(histogram) filter (where histogram is not null) as histograms
    from (${countedJobs(counting, areInWindow(counting), counting.edges.from)}) as counted
    group by type, phase, measure, code having sum(count) <> 0`);
  return rows;
}

/** Counts the jobs that were created and that ended, of both windows and of each span. */
export async function countEnds(counting: Counting): Promise<{ ends: EndCount[]; spans: SpanCount[] }> {
  const { tx, window, edges } = counting;
  const areInBoth = sql`span = ${window.span} and start >= ${edges.before}`;
  type Row = Omit<EndCount, "latest"> & { span: number | null; latest: number };
  const { rows } = await tx.execute<Row>(sql`
    with placed as (
      select *, start < ${edges.from} as is_before, date_trunc(${window.span}, start, 'UTC') as span
      from (${countedJobs(counting, areInBoth, edges.before)}) as counted where measure in ('created', 'completed', 'failed', 'cancelled')
    )
    select is_before as "isBefore", type, phase, measure, code, ${millis("span")} as span, sum(count)::float8 as count,
      ${millis("max(span) filter (where count > 0)")} as latest
    from placed
    group by grouping sets ((is_before, type, phase, measure, code), (is_before, span, measure))
    having sum(count) <> 0`);
  return {
    ends: rows.flatMap(({ span, latest, ...end }) => (span === null ? [{ ...end, latest: new Date(latest) }] : [])),
    spans: rows.flatMap(({ span, isBefore, measure, count }) =>
      span === null || isBefore ? [] : [{ start: new Date(span), measure, count }],
    ),
  };
}

/** The rows of `generation_job_counts` that `areMeant`, and such as the jobs since `from` would give that are not rolled up yet. */
function countedJobs({ tenant, edges }: Counting, areMeant: SQL, from: string): SQL {
  const isOwn = tenant === null ? sql`true` : sql`job.tenant = ${tenant}`;
  const since = sql`greatest(${edges.rows}::timestamptz, ${from}::timestamptz)`;
  return sql`
    select start, type, phase, measure, code, count, amount, unpriced, histogram from generation_job_counts
    where tenant = ${tenant ?? ""} and ${areMeant}
    union all
    select minute, type, phase, measure, code, count, amount, unpriced,
      case when bucket is not null then jsonb_build_object(bucket, count) end
    from (
      select counted.* from generation_jobs job, generation_job_as_created(job) as counted
      where job.created_at >= ${since} and ${isOwn}
      union all
      select counted.* from generation_jobs job, generation_job_as_ended(job) as counted
      where job.completed_at >= ${since} and ${isOwn}
    ) as live`;
}

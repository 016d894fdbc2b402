import type { Db } from "../../db/client.ts";
import { createGroup } from "../../db/commit/group.ts";
import { type Query, queryWith, statement } from "../../db/commit/statement.ts";
import { asTenant } from "../../db/rights/tenant-role.ts";
import { isJobId } from "../../ids.ts";
import type { JobRow } from "../job/job.ts";
import { wholeJob } from "../job/locked-jobs.ts";
import { timeLeftAt } from "../job/progress/estimates.ts";
import type { TypicalTimes } from "../job/progress/typical-times.ts";
import { refuseUnknown } from "./read-jobs.ts";

/**
 * A job and its place among the jobs of its type that wait, 1 for the one that starts next: null once it has started, for
 * one that waits for its time, its tenant's limit or the end of a pause, and beyond 1,000.
 * `failedCallId`: of a job with an error, its latest call to a model that failed, as the ledger names it.
 */
export type FoundJob = JobRow & { queuePosition: number | null; failedCallId?: string | null };

export type FindJob = (tenant: string, jobId: string) => Promise<FoundJob>;

/** Reads single jobs, those asked for at the same moment in one statement. Throws RequestError `not_found` or `gone`. */
export function createFindJob(db: Db, typicalTimes: TypicalTimes): FindJob {
  const query = queryWith(db.$client, db.$client.session);
  const read = createGroup<{ tenant: string; jobId: string }, FoundJob | undefined>(
    async (wanted) => {
      const found = await readJobs(
        query,
        wanted.map(({ jobId }) => jobId),
      );
      const byId = new Map(found.map((job) => [job.id, placed(job, job.queuePosition, typicalTimes)]));
      return wanted.map(({ tenant, jobId }) => {
        const job = byId.get(jobId);
        return job?.tenant === tenant ? job : undefined;
      });
    },
    { writers: 4 },
  );
  return async (tenant, jobId) => {
    const job = isJobId(jobId) ? await read({ tenant, jobId }) : undefined;
    return job ?? (await asTenant(db, tenant, ({ tx }) => refuseUnknown(tx, tenant, jobId)));
  };
}

/** Jobs of any tenants, by their ids. */
export const readJobs = (query: Query, jobIds: readonly string[]): Promise<FoundJob[]> =>
  jobIds.length === 0 ? Promise.resolve([]) : query<FoundJob>(select, [jobIds]);

/** The places in the queue of jobs that were written just now, in one look for all of them. */
export async function readPositions(query: Query, written: readonly JobRow[]): Promise<Map<string, number | null>> {
  if (written.length === 0) return new Map();
  const found = await query<{ id: string; place: number }>(firstPlaces, [
    [...new Set(written.map(({ type }) => type))],
    written.map(({ id }) => id),
  ]);
  const places = new Map(found.map(({ id, place }) => [id, place]));
  return new Map(written.map(({ id }) => [id, places.get(id) ?? null]));
}

/** A job with its place in the queue, from which the time is estimated that it still takes. */
export function placed<Found extends JobRow>(job: Found, queuePosition: number | null, typicalTimes: TypicalTimes) {
  if (job.status !== "pending") return { ...job, queuePosition };
  return { ...job, queuePosition, estimatedTimeRemaining: timeLeftAt(typicalTimes.of(job.type), queuePosition) };
}

const farthest = 1_000;

const ready = "other.status = 'pending' and other.next_attempt_at is null and other.waiting_for is null";
const readyByNow = "other.status = 'pending' and other.waiting_for is null and other.next_attempt_at <= now()";

// A sum of bounded looks at indexes, whatever else waits.
const earlier = `
  (select count(*) from (
    select from generation_jobs other
    where ${ready} and other.type = job.type and other.rank > job.rank limit ${farthest}
  ) as higher) + (select count(*) from (
    select from generation_jobs other
    where ${ready} and other.type = job.type and other.rank = job.rank and other.id < job.id limit ${farthest}
  ) as older) + (select count(*) from (
    select rank, id from generation_jobs other where ${readyByNow} and other.type = job.type limit ${farthest}
  ) as due where due.rank > job.rank or (due.rank = job.rank and due.id < job.id))`;

function isPaused(type: string): string {
  return `exists (select from pauses where scope = 'all' or (scope = 'type' and name = ${type}))`;
}

const queuePosition = `
  case when job.status = 'pending' and job.waiting_for is null and coalesce(job.next_attempt_at <= now(), true)
    and not ${isPaused("job.type")} then (
    select case when position <= ${farthest} then position end
    from (select (1 + ${earlier})::integer as position) as place
  ) end as "queuePosition"`;

const failedCall = `
  case when job.error_code is not null then (
    select call.id from provider_calls as call
    where call.job_id = job.id and call.state = 'failed' order by call.started_at desc limit 1
  ) end as "failedCallId"`;

const select = statement(
  `select ${wholeJob}, ${queuePosition}, ${failedCall} from generation_jobs as job where id = any($1::text[])`,
);
const firstPlaces = statement(`
  select id, place::integer from unnest($1::text[]) as known (type) cross join lateral (
    select id, row_number() over (order by rank desc nulls last, id) as place from (
      (select id, rank from generation_jobs other where ${ready} and other.type = known.type
        order by rank desc nulls last, id limit ${farthest})
      union all
      (select id, rank from generation_jobs other where ${readyByNow} and other.type = known.type limit ${farthest})
    ) as waiting order by rank desc nulls last, id limit ${farthest}
  ) as places
  where id = any($2::text[]) and not ${isPaused("known.type")}`);

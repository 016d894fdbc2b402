import { getTableColumns } from "drizzle-orm";
import { type Query, statement } from "../../db/commit/statement.ts";
import { generationJobs } from "../../db/schema/index.ts";
import { storableJson } from "../../storable.ts";
import { type Job, type JobRow, tenantLimit, written } from "./job.ts";

export type JobToWrite = { job: Job; resultData: unknown; events: readonly unknown[] };

/** `parents`: of those that have ended. `over`: those that have ended before jobs that they have spawned. */
export type Ended = { freed: string[]; parents: string[]; over: string[]; deliveries: boolean };

/**
 * Writes jobs whose rows are locked, in one statement: what a result is comes on top of what was there. Returns of
 * those that have ended the tenants whose limit holds other jobs back, and whether webhooks may have to tell of one.
 */
export async function writeJobs(query: Query, jobs: readonly JobToWrite[]): Promise<Ended> {
  const landed = await query<Landed>(update, [storableJson(jobs.map(toRecord))]);
  if (landed.length !== jobs.length)
    throw new Error(`${landed.length} of ${jobs.length} locked jobs were written.`);
  return {
    freed: landed.flatMap(({ freed }) => freed ?? []),
    parents: landed.flatMap(({ parent }) => parent ?? []),
    over: landed.flatMap(({ over }) => over ?? []),
    deliveries: landed.some(({ hasReceiver }) => hasReceiver),
  };
}

type Landed = Record<"freed" | "parent" | "over", string | null> & { hasReceiver: boolean | null };

/** What is null is left out: most is, and it reads as null. Columns are named by their place, since names are sent with each row. */
function toRecord({ job, resultData, events }: JobToWrite): Record<number, unknown> {
  // The lock holds off every other writer: a row that is not as it was read is a mistake in this code.
  const record: Record<number, unknown> = {
    0: job.id,
    1: job.eventCount - events.length,
    2: resultData ?? undefined,
  };
  for (let place = 0; place < written.length; place++) {
    const value = job[written[place] as keyof Job];
    if (value !== null) record[place + 3] = value;
  }
  return record;
}

const columns = getTableColumns(generationJobs);
const typeOf = (column: keyof JobRow) => columns[column].getSQLType();

const update = statement(`
  update generation_jobs as job set
    result_data = coalesce(new."2", job.result_data),
    ${written.map((column, index) => `"${columns[column].name}" = new."${index + 3}"`).join(", ")}
  from json_to_recordset($1::json) as new (
    "0" text, "1" integer, "2" jsonb, ${written.map((column, index) => `"${index + 3}" ${typeOf(column)}`).join(", ")}
  )
  where job.id = new."0" and job.event_count = new."1"
  returning case when job.completed_at is not null then (
    select held.tenant from generation_jobs as held
    where held.tenant = job.tenant and held.waiting_for = '${tenantLimit}' limit 1
  ) end as freed,
  case when job.completed_at is not null then job.parent_id end as parent,
  case when job.completed_at is not null and exists (
    select from generation_jobs as child where child.parent_id = job.id and child.completed_at is null
  ) then job.id end as over,
  case when job.completed_at is not null then job.webhook_url is not null or exists (
    select from webhook_endpoints as endpoint where endpoint.tenant = job.tenant
  ) end as "hasReceiver"`);

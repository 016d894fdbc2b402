import type { Notice } from "../../db/commit/notice.ts";
import { type Query, statement } from "../../db/commit/statement.ts";
import { storableJson } from "../../storable.ts";
import type { JobEvent } from "./events.ts";

/** What has happened to one job. `last`: the number of the last of these events. */
export type Happened = { jobId: string; last: number; events: readonly JobEvent[] };

/**
 * Appends events to the histories of jobs. The caller (`job/store.ts`, `job/insert-jobs.ts`) has locked the jobs' rows and raised
 * their counters by as many as there are events, so numbers follow each other from 1 without a gap.
 */
export async function writeEvents(query: Query, notice: Notice, happened: readonly Happened[]): Promise<void> {
  const rows = happened.flatMap(({ jobId, last, events }) =>
    events.map(({ type, data }, index) => ({ jobId, id: last - events.length + 1 + index, type, data })),
  );
  if (rows.length === 0) return;
  await query(insert, [storableJson(rows)]);
  for (const { jobId, last, events } of happened) if (events.length > 0) notice.events[jobId] = last;
}

const insert = statement(`
  insert into generation_job_events (job_id, id, type, data)
  select "jobId", id, type, data
  from json_to_recordset($1::json) as new ("jobId" text, id integer, type text, data jsonb)`);

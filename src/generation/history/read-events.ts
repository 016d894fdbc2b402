import type { Db } from "../../db/client.ts";
import { createGroup } from "../../db/commit/group.ts";
import { queryWith, statement } from "../../db/commit/statement.ts";
import type { generationJobEvents } from "../../db/schema/index.ts";
import { type Cursor, withSnapshots } from "./snapshots.ts";

export type EventRow = typeof generationJobEvents.$inferSelect;

/** Some of a job's events behind a cursor, and the job at the same moment. */
export type EventPage = {
  /** At least one if there are any. Their numbers follow the cursor without a gap that no `snapshot` stands for. */
  events: EventRow[];
  /** The number of the job's latest event. */
  latest: number;
  isFinished: boolean;
};

/** Reads a page of a job's events with greater numbers than `after`. Null if there is no such job. */
export type ReadPage = (jobId: string, after: number) => Promise<EventPage | null>;

const pageEvents = 200;
// As they are stored, so that what is not sent is not unpacked. A page with a single event may be larger.
const pageBytes = 64 * 1024;

/** Readers that ask at the same moment share a statement, and those of a job at the same place its rows. */
export function createReadPage(db: Db): ReadPage {
  const query = queryWith(db.$client, db.$client.session);
  const read = createGroup<Cursor, EventPage | null>(
    async (cursors) => {
      const different = [...new Map(cursors.map((cursor) => [keyOf(cursor), cursor])).values()];
      const values = [different.map(({ jobId }) => jobId), different.map(({ after }) => after)];
      const rows = Map.groupBy(await query<Row>(select, values), ({ place }) => place);
      const pages = new Map(
        different.map((cursor, index) => [keyOf(cursor), pageOf(cursor, rows.get(index + 1) ?? [])]),
      );
      return cursors.map((cursor) => pages.get(keyOf(cursor)) ?? null);
    },
    { writers: 2, bytesOf: () => pageBytes },
  );
  return (jobId, after) => read({ jobId, after });
}

/** All of a job's events after the given number, oldest first. */
export async function readAll(readPage: ReadPage, jobId: string, after: number): Promise<EventRow[]> {
  const events: EventRow[] = [];
  for (let at = after; ; at = events.at(-1)?.id ?? after) {
    const page = await readPage(jobId, at);
    if (page === null || page.events.length === 0) return events;
    events.push(...page.events);
  }
}

type Row = { place: number; latest: number; lastUpdated: Date; isFinished: boolean } & (
  | Omit<EventRow, "jobId">
  | { id: null }
);

const keyOf = ({ jobId, after }: Cursor) => `${jobId} ${after}`;

function pageOf(cursor: Cursor, rows: readonly Row[]): EventPage | null {
  const [job] = rows;
  if (!job) return null;
  const left = rows.flatMap((row) => {
    if (row.id === null) return [];
    const { id, at, type, data } = row;
    return [{ jobId: cursor.jobId, id, at, type, data }];
  });
  return { events: withSnapshots(cursor, left, job), latest: job.latest, isFinished: job.isFinished };
}

// One statement sees one moment: a job's events and its counter change in the same commits, so none is missing in between.
const select = statement(`
  select wanted.place::integer, job.event_count as latest, job.last_updated as "lastUpdated",
    job.completed_at is not null as "isFinished", event.id, event.at, event.type, event.data
  from unnest($1::text[], $2::integer[]) with ordinality as wanted (job_id, after, place)
  join generation_jobs as job on job.id = wanted.job_id
  left join lateral (
    select id, at, type, data from (
      select id, at, type, data, sum(pg_column_size(data)) over (order by id) - pg_column_size(data) as bytes_before
      from (
        select id, at, type, data from generation_job_events
        where job_id = wanted.job_id and id > wanted.after order by id limit ${pageEvents}
      ) as following
    ) as measured
    where bytes_before < ${pageBytes}
  ) as event on true
  order by wanted.place, event.id`);

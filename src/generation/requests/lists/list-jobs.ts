import { type AnyColumn, and, eq, inArray, lt, or, type SQL, sql } from "drizzle-orm";
import { QueryBuilder } from "drizzle-orm/pg-core";
import type { Db } from "../../../db/client.ts";
import { queryWith, statement } from "../../../db/commit/statement.ts";
import { asTenant } from "../../../db/rights/tenant-role.ts";
import { generationJobs } from "../../../db/schema/index.ts";
import { isJobId } from "../../../ids.ts";
import { type Job, type JobRow, jobColumns } from "../../job/job.ts";
import type { Status } from "../../job/transitions.ts";
import { inputContains } from "./search.ts";

export type JobFilter = {
  status?: Status | undefined;
  type?: string | undefined;
  batchId?: string | undefined;
  scheduleId?: string | undefined;
  /** The job that has spawned them. */
  parentId?: string | undefined;
  tag?: string | undefined;
  /** A job's id; or part of a text in its input, in any case, or a number in it. */
  q?: string | undefined;
  /** Jobs on a page. */
  limit: number;
  /** What may be large, and is left out of a list otherwise. */
  include?: readonly ("input" | "result")[] | undefined;
  /** The id of the last job of the page before. */
  before?: string | undefined;
};

/** A job as a list shows it: input and result only if asked for. */
export type ListedJob = Job & Partial<Pick<JobRow, "requestData" | "resultData">>;

/** `before`: where the next page begins; null after the last one. A page may have fewer jobs than its limit, or none. */
export type Page = { jobs: ListedJob[]; before: string | null };

// What a text is searched in for one page: it has no index, and the next page goes on from there.
const mostSearched = 2_000;

// An id begins with its time. It is never null, but PostgreSQL takes an index for an order only if both say the same of nulls.
const newestFirst = ({ id }: { id: AnyColumn }) => sql`${id} desc nulls last`;

/** Newest first. */
export async function listJobs(db: Db, tenant: string, filter: JobFilter): Promise<Page> {
  const { q, limit, include = [] } = filter;
  const conditions = conditionsOf(tenant, filter, await findRareTag(db, filter.tag));
  const text = q === undefined || isJobId(q) ? null : q;
  const { requestData, resultData } = generationJobs;
  const looked = new QueryBuilder()
    .select({
      ...jobColumns,
      requestData,
      resultData,
      place: sql<number>`(row_number() over (order by ${newestFirst(generationJobs)}))::integer`.as("place"),
    })
    .from(generationJobs)
    .where(and(...conditions))
    .orderBy(newestFirst(generationJobs))
    // One more than asked for shows whether there is a next page.
    .limit(text === null ? limit + 1 : mostSearched)
    .as("looked");
  const { requestData: input, resultData: result, place, ...columns } = looked._.selectedFields;
  const fits = text === null ? sql`true` : inputContains(looked.requestData, text);
  const rows = await asTenant(db, tenant, ({ tx }) =>
    tx
      .select({
        ...columns,
        ...(include.includes("input") ? { requestData: input } : {}),
        ...(include.includes("result") ? { resultData: result } : {}),
        place,
        fits: sql<boolean>`${fits}`,
      })
      .from(looked)
      // The last one that was searched says where the next page begins. A second look would see other jobs.
      .where(or(fits, text === null ? undefined : eq(looked.place, mostSearched)))
      .orderBy(newestFirst(looked))
      .limit(limit + 1),
  );
  const jobs: ListedJob[] = rows.filter((row) => row.fits).map(({ place: _, fits: __, ...job }) => job);
  if (jobs.length > limit) return { jobs: jobs.slice(0, limit), before: jobs[limit - 1]?.id ?? null };
  const last = rows.at(-1);
  return { jobs, before: text !== null && last?.place === mostSearched ? last.id : null };
}

/**
 * The jobs of all tenants that have this tag, if they are few: under row level security their index could not be used. PostgreSQL does not know how many have it: it would look for a tag that no
 * job has through all jobs, newest first. A tag that many have is found soon that way.
 */
async function findRareTag(db: Db, tag: string | undefined): Promise<string[] | null> {
  if (tag === undefined) return null;
  const rows = await queryWith(db.$client, db.$client.session)<{ id: string }>(withTag, [[tag], mostRare + 1]);
  return rows.length <= mostRare ? rows.map(({ id }) => id) : null;
}

const mostRare = 2_000;
// The second half lets PostgreSQL see that the index, which leaves out jobs without tags, will do.
const withTag = statement("select id from generation_jobs where tags @> $1::text[] and tags <> '{}' limit $2");

/** `tagged`: the only jobs with the tag, if they are few. */
function conditionsOf(
  tenant: string,
  { status, type, batchId, scheduleId, parentId, tag, q, before }: JobFilter,
  tagged: string[] | null,
): (SQL | undefined)[] {
  return [
    eq(generationJobs.tenant, tenant),
    status && eq(generationJobs.status, status),
    type === undefined ? undefined : eq(generationJobs.type, type),
    batchId === undefined ? undefined : eq(generationJobs.batchId, batchId),
    scheduleId === undefined ? undefined : eq(generationJobs.scheduleId, scheduleId),
    parentId === undefined ? undefined : eq(generationJobs.parentId, parentId),
    tagged ? inArray(generationJobs.id, tagged) : undefined,
    tag !== undefined && !tagged ? sql`${generationJobs.tags} @> array[${tag}]::text[]` : undefined,
    q !== undefined && isJobId(q) ? eq(generationJobs.id, q) : undefined,
    before === undefined ? undefined : lt(generationJobs.id, before),
  ];
}

import { and, desc, eq, lt, or, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "../../db/client.ts";
import { type Query, statement } from "../../db/commit/statement.ts";
import { generationJobs, generationJobTombstones } from "../../db/schema/index.ts";
import { RequestError } from "../../errors.ts";
import { isJobId } from "../../ids.ts";
import { type Job, type JobRow, jobColumns } from "../job/job.ts";
import { type JobTransaction, lockJob, wholeJob } from "../job/locked-jobs.ts";
import type { Status } from "../job/transitions.ts";

export type JobFilter = {
  status?: Status | undefined;
  type?: string | undefined;
  batchId?: string | undefined;
  tag?: string | undefined;
  /** A job's id, part of a text in its input, in any case, or a number in it. */
  q?: string | undefined;
  limit: number;
  /** What may be large, and is left out of a list otherwise. */
  include?: readonly ("input" | "result")[] | undefined;
  /** The id of the last job of the page before. */
  before?: string | undefined;
};

/** The tenant's job, locked until the transaction ends. Null if the tenant has no such job. */
export async function lockOwnJob(transaction: JobTransaction, tenant: string, jobId: string): Promise<Job | null> {
  const job = isJobId(jobId) ? await lockJob(transaction, jobId) : null;
  return job?.tenant === tenant ? job : null;
}

/** The jobs that were submitted with these idempotency keys. */
export async function readJobsOfKeys(
  query: Query,
  keys: readonly { tenant: string; key: string }[],
): Promise<JobRow[]> {
  return await query<JobRow>(ofKeys, [keys.map(({ tenant }) => tenant), keys.map(({ key }) => key)]);
}

const ofKeys = statement(`
  select ${wholeJob} from generation_jobs
  where (tenant, idempotency_key) in (select * from unnest($1::text[], $2::text[]))`);

/** A job as a list shows it: input and result only if asked for. */
export type ListedJob = Job & Partial<Pick<JobRow, "requestData" | "resultData">>;

/** Newest first: an id begins with its time. */
export async function listJobs(db: Db, tenant: string, filter: JobFilter): Promise<ListedJob[]> {
  const { status, type, batchId, tag, q, before, limit, include = [] } = filter;
  const conditions: (SQL | undefined)[] = [
    eq(generationJobs.tenant, tenant),
    status && eq(generationJobs.status, status),
    type === undefined ? undefined : eq(generationJobs.type, type),
    batchId === undefined ? undefined : eq(generationJobs.batchId, batchId),
    tag === undefined ? undefined : sql`${generationJobs.tags} @> array[${tag}]::text[]`,
    q === undefined ? undefined : or(inputContains(q), eq(generationJobs.id, q)),
    before === undefined ? undefined : lt(generationJobs.id, before),
  ];
  const { requestData, resultData } = generationJobs;
  return await db
    .select({
      ...jobColumns,
      ...(include.includes("input") ? { requestData } : {}),
      ...(include.includes("result") ? { resultData } : {}),
    })
    .from(generationJobs)
    .where(and(...conditions))
    .orderBy(desc(generationJobs.id))
    .limit(limit);
}

/** Says why there is no such job. */
export async function refuseUnknown(db: Db | Tx, tenant: string, jobId: string): Promise<never> {
  const [removed] = isJobId(jobId)
    ? await db
        .select()
        .from(generationJobTombstones)
        .where(and(eq(generationJobTombstones.id, jobId), eq(generationJobTombstones.tenant, tenant)))
    : [];
  if (removed) throw new RequestError("gone", `The job was removed at ${removed.removedAt.toISOString()}.`);
  throw new RequestError("not_found", "There is no such job.");
}

// The words of the input are searched, not its JSON: that has escapes and the names of fields. A number counts when it
// is given whole. The same letter may be one character or a letter and an accent, so both sides are in one form (NFC).
function inputContains(text: string): SQL {
  const wanted = text.normalize("NFC");
  const pattern = `%${wanted.replace(/[\\%_]/g, "\\$&")}%`;
  return sql`exists (
    select from jsonb_path_query(${generationJobs.requestData}, 'strict $.**') as given
    where case jsonb_typeof(given)
      when 'string' then normalize(given #>> '{}', NFC) ilike ${pattern}
      when 'number' then given #>> '{}' = ${wanted}
      else false
    end)`;
}

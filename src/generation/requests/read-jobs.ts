import { and, eq } from "drizzle-orm";
import type { Db, Tx } from "../../db/client.ts";
import { type Query, statement } from "../../db/commit/statement.ts";
import { generationJobTombstones } from "../../db/schema/index.ts";
import { RequestError } from "../../errors.ts";
import { isJobId } from "../../ids.ts";
import type { Job, JobRow } from "../job/job.ts";
import { type JobTransaction, lockJob, wholeJob } from "../job/locked-jobs.ts";

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

/** When retention removed the tenant's job. Null if it did not. */
export async function findRemoved(db: Db | Tx, tenant: string, jobId: string): Promise<Date | null> {
  if (!isJobId(jobId)) return null;
  const [removed] = await db
    .select()
    .from(generationJobTombstones)
    .where(and(eq(generationJobTombstones.id, jobId), eq(generationJobTombstones.tenant, tenant)));
  return removed?.removedAt ?? null;
}

/** Says why there is no such job. */
export async function refuseUnknown(db: Db | Tx, tenant: string, jobId: string): Promise<never> {
  const removedAt = await findRemoved(db, tenant, jobId);
  if (removedAt) throw new RequestError("gone", `The job was removed at ${removedAt.toISOString()}.`);
  throw new RequestError("not_found", "There is no such job.");
}

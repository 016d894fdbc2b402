import { and, eq, inArray } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import { type Query, queryWith, statement } from "../../db/commit/statement.ts";
import { asTenant } from "../../db/rights/tenant-role.ts";
import { topics } from "../../db/schema/index.ts";
import { type InputIssue, RequestError } from "../../errors.ts";
import { hashOf } from "../../hash.ts";
import { isBatchId, newBatchId } from "../../ids.ts";
import { cancelLocked } from "../family/cancel.ts";
import { type JobTransaction, lockJobs, transactJobs } from "../job/locked-jobs.ts";
import type { Status } from "../job/transitions.ts";
import { type BatchFilter, type BatchPage, listBatches } from "./lists/list-batches.ts";
import { prepare } from "./prepare.ts";
import {
  type CheckedSubmission,
  checkSubmission,
  type PlacedSubmission,
  type Submission,
  type SubmissionParts,
  submitJobs,
  takeTurnsFor,
} from "./submit.ts";

export type BatchSubmission = { jobs: readonly Submission[]; tags: string[]; idempotencyKey?: string | undefined };

/** One job of a batch, in short. */
export type BatchJob = {
  id: string;
  type: string;
  status: Status;
  phase: string;
  percentage: number;
  cost: string | null;
  articleId: string | null;
  errorCode: string | null;
};

export type Batch = {
  id: string;
  tags: string[];
  createdAt: Date;
  /** When all of its jobs were finished for the first time. */
  completedAt: Date | null;
  /** USD. Null as soon as the cost of one job is not known. */
  cost: string | null;
  jobs: BatchJob[];
};

const cancelledAtOnce = 100;

/** What callers can do with jobs that were submitted together. Throws RequestError for what cannot be done. */
export type Batches = {
  /** All jobs or none, in one transaction. */
  submit(tenant: string, submission: BatchSubmission): Promise<{ batch: Batch; replayed: boolean }>;
  find(tenant: string, batchId: string): Promise<Batch>;
  list(tenant: string, filter: BatchFilter): Promise<BatchPage>;
  /** Cancels what is not finished. The same answer again and again. */
  cancel(tenant: string, batchId: string): Promise<Batch>;
};

export function createBatches(parts: SubmissionParts & { db: Db }): Batches {
  const { db, queue } = parts;
  const query = queryWith(db.$client, db.$client.session);

  async function find(tenant: string, batchId: string): Promise<Batch> {
    const batch =
      isBatchId(batchId) && (await asTenant(db, tenant, ({ query }) => readBatch(query, tenant, batchId)));
    if (!batch) throw new RequestError("not_found", "There is no such batch.");
    return batch;
  }

  return {
    find,
    list: (tenant, filter) => listBatches(db, tenant, filter),
    async submit(tenant, submission) {
      const batchId = newBatchId();
      const checked = await checkAll(parts, tenant, submission, batchId);
      // Before anything is asked of it that may have changed since, and before its tenant's turns are taken.
      const before = await findEarlier(query, tenant, submission);
      if (before !== null) return { batch: await find(tenant, before), replayed: true };
      await requireTopics(db, tenant, checked);
      const inTurn = await takeTurnsFor(query, queue, checked);
      const id = await transactJobs(db, async (transaction) => {
        const earlier = await insertBatch(transaction, tenant, batchId, submission);
        if (earlier) return earlier;
        const prepared = await prepareAll(transaction, inTurn);
        const answers = await submitJobs(transaction, queue, prepared);
        const refused = answers.find((answer) => answer instanceof RequestError);
        if (refused) throw refused;
        return batchId;
      });
      return { batch: await find(tenant, id), replayed: id !== batchId };
    },
    async cancel(tenant, batchId) {
      const { jobs } = await find(tenant, batchId);
      const live = jobs.filter(({ status }) => status === "pending" || status === "processing").map(({ id }) => id);
      for (let from = 0; from < live.length; from += cancelledAtOnce) {
        await transactJobs(db, async (transaction) => {
          const locked = await lockJobs(transaction, live.slice(from, from + cancelledAtOnce));
          for (const job of locked.values()) await cancelLocked(transaction, parts, job);
        });
      }
      return await find(tenant, batchId);
    },
  };
}

const checkAll = (
  parts: SubmissionParts,
  tenant: string,
  { jobs, tags }: BatchSubmission,
  batchId: string,
): Promise<CheckedSubmission[]> =>
  eachOrIssues(jobs, async (job) => {
    const allTags = [...new Set([...(job.tags ?? []), ...tags])];
    return checkSubmission(parts, tenant, { ...job, tags: allTags, batchId });
  });

/** One after the other: they share the transaction. */
const prepareAll = (
  transaction: JobTransaction,
  submissions: readonly PlacedSubmission[],
): Promise<PlacedSubmission[]> =>
  submissions.some(({ preparing }) => preparing)
    ? eachOrIssues(submissions, (submission) => prepare(transaction, submission))
    : Promise.resolve([...submissions]);

/** Does this for each job in turn; what is wrong with several of them is said together. */
async function eachOrIssues<From, To>(jobs: readonly From[], run: (job: From) => Promise<To>): Promise<To[]> {
  const issues: InputIssue[] = [];
  const done: To[] = [];
  for (const [index, job] of jobs.entries()) {
    try {
      done.push(await run(job));
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      const at = `/jobs/${index}`;
      const own = error.issues.map(({ pointer, message }) => ({ pointer: `${at}${pointer}`, message }));
      issues.push(...(own.length > 0 ? own : [{ pointer: at, message: error.message }]));
    }
  }
  if (issues.length > 0) throw new RequestError("invalid_input", "The batch is not valid.", { issues });
  return done;
}

async function requireTopics(db: Db, tenant: string, checked: readonly CheckedSubmission[]): Promise<void> {
  const wanted = [...new Set(checked.flatMap(({ job }) => job.topicId ?? []))];
  if (wanted.length === 0) return;
  const own = and(eq(topics.tenant, tenant), inArray(topics.id, wanted));
  const known = new Set((await db.select({ id: topics.id }).from(topics).where(own)).map(({ id }) => id));
  const issues = checked.flatMap(({ job: { topicId } }, index) =>
    topicId && !known.has(topicId)
      ? [{ pointer: `/jobs/${index}/topicId`, message: `there is no topic ${topicId}` }]
      : [],
  );
  if (issues.length > 0) throw new RequestError("invalid_input", "The batch is not valid.", { issues });
}

/** Writes a batch of so many jobs, whose id is the same for the same request, unless it is there. */
export async function ensureBatch(
  { query }: JobTransaction,
  tenant: string,
  batchId: string,
  jobCount: number,
): Promise<void> {
  await query(insert, [batchId, tenant, [], jobCount, null, null]);
}

type Identified = { jobs: readonly unknown[]; tags: string[]; idempotencyKey?: string | null | undefined };

/** Writes the batch. Returns the id of the one that was made with this Idempotency-Key before, or null. */
async function insertBatch(
  { query }: JobTransaction,
  tenant: string,
  batchId: string,
  submission: Identified,
): Promise<string | null> {
  const { jobs, tags, idempotencyKey = null } = submission;
  const values = [batchId, tenant, tags, jobs.length, idempotencyKey, hashOfBatch(submission)];
  const [inserted] = await query(insert, values);
  if (inserted) return null;
  const earlier = await findEarlier(query, tenant, submission);
  if (earlier !== null) return earlier;
  throw new RequestError("unavailable", "The batch of this Idempotency-Key was just removed. Try again.");
}

/** The id of the batch that was made with this Idempotency-Key, or null. Throws if that was another request. */
async function findEarlier(query: Query, tenant: string, submission: Identified): Promise<string | null> {
  const { idempotencyKey = null } = submission;
  if (idempotencyKey === null) return null;
  const [earlier] = await query<{ id: string; requestHash: string }>(ofKey, [tenant, idempotencyKey]);
  if (!earlier) return null;
  if (earlier.requestHash === hashOfBatch(submission)) return earlier.id;
  throw new RequestError(
    "idempotency_mismatch",
    `This Idempotency-Key belongs to ${earlier.id}, with another body.`,
  );
}

const hashOfBatch = ({ idempotencyKey: _, ...asked }: Identified): string => hashOf(asked);

/** In one look, so that the batch is as its jobs are. */
export async function readBatch(query: Query, tenant: string, batchId: string): Promise<Batch | null> {
  const rows = await query<BatchJob & { batch: Omit<Batch, "id" | "jobs"> }>(select, [batchId, tenant]);
  const [first] = rows;
  if (!first) return null;
  const { tags, createdAt, completedAt, cost } = first.batch;
  return {
    id: batchId,
    tags,
    createdAt: new Date(createdAt),
    completedAt: completedAt && new Date(completedAt),
    cost,
    jobs: rows.map(({ batch: _, ...job }) => job),
  };
}

const insert = statement(`
  insert into batches (id, tenant, tags, job_count, live, idempotency_key, request_hash)
  values ($1, $2, $3::text[], $4, $4, $5, $6)
  on conflict do nothing returning id`);

const ofKey = statement(`
  select id, request_hash as "requestHash" from batches where tenant = $1 and idempotency_key = $2`);

const select = statement(`
  select job.id, job.type, job.status, job.phase, job.percentage, (job.cost + job.children_cost)::numeric(20,12) as cost, job.article_id as "articleId",
    job.error_code as "errorCode",
    case when row_number() over (order by job.id) = 1 then json_build_object(
      'tags', batch.tags, 'createdAt', batch.created_at, 'completedAt', batch.completed_at,
      'cost', case when bool_or(job.cost is null or job.children_cost is null) over () then null
        else ((sum(job.cost + job.children_cost) over ())::numeric(20,12))::text end) end as batch
  from batches batch join generation_jobs job on job.batch_id = batch.id and job.tenant = batch.tenant
  where batch.id = $1 and batch.tenant = $2 order by job.id`);

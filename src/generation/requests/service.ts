import type { Db } from "../../db/client.ts";
import { type Transaction, transact } from "../../db/commit/transact.ts";
import { RequestError } from "../../errors.ts";
import { type EventRow, readEvents } from "../history/read-events.ts";
import type { JobRow } from "../job/store.ts";
import { cancelLocked } from "./cancel.ts";
import { findJob, type JobFilter, listJobs, lockOwnJob, readQueuePosition, refuseUnknown } from "./read-jobs.ts";
import { resumeLocked } from "./resume.ts";
import { type Submission, type SubmissionParts, type Submitted, submitJob } from "./submit.ts";

/** What callers of the API can do, each for one tenant. Throws RequestError for what cannot be done. */
export type Service = {
  submit(tenant: string, submission: Submission): Promise<Submitted>;
  /** In the caller's transaction, so that several are submitted together or not at all. */
  submitWithin(transaction: Transaction, tenant: string, submission: Submission): Promise<Submitted>;
  /** The same answer again and again; `conflict` for a job that has completed or failed. */
  cancel(tenant: string, jobId: string): Promise<JobRow>;
  /** Goes on from the phase in which the job ended. Finished steps are kept; attempts start over. */
  resume(tenant: string, jobId: string, options?: { maxCostUsd?: string | undefined }): Promise<JobRow>;
  find(tenant: string, jobId: string): Promise<JobRow>;
  list(tenant: string, filter: JobFilter): Promise<JobRow[]>;
  readEvents(job: JobRow, after: number): Promise<EventRow[]>;
  queuePosition(job: JobRow): Promise<number | null>;
};

export function createService(options: SubmissionParts & { db: Db }): Service {
  const { db } = options;

  const submitWithin: Service["submitWithin"] = (transaction, tenant, submission) =>
    submitJob(transaction, options, tenant, submission);

  async function withOwnJob(
    tenant: string,
    jobId: string,
    run: (transaction: Transaction, job: JobRow) => Promise<JobRow>,
  ) {
    return await transact(db, async (transaction) => {
      const job = await lockOwnJob(transaction.tx, tenant, jobId);
      return job ? await run(transaction, job) : await refuseUnknown(transaction.tx, tenant, jobId);
    });
  }

  return {
    submitWithin,
    submit: (tenant, submission) => transact(db, (transaction) => submitWithin(transaction, tenant, submission)),
    cancel: (tenant, jobId) =>
      withOwnJob(tenant, jobId, async (transaction, job) => {
        if (job.status === "cancelled") return job;
        const cancelled = await cancelLocked(transaction, options, job);
        if (!cancelled) throw new RequestError("conflict", `The job has already ${job.status}.`);
        return cancelled;
      }),
    resume: (tenant, jobId, { maxCostUsd } = {}) =>
      withOwnJob(tenant, jobId, (transaction, job) => resumeLocked(transaction, options, job, maxCostUsd)),
    find: (tenant, jobId) => findJob(db, tenant, jobId),
    list: (tenant, filter) => listJobs(db, tenant, filter),
    readEvents: ({ id }, after) => readEvents(db, id, after),
    queuePosition: (job) => readQueuePosition(db, job),
  };
}

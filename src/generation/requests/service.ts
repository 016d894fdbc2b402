import { isDatabaseUnavailable } from "../../db/availability.ts";
import type { Db } from "../../db/client.ts";
import { createGroup } from "../../db/commit/group.ts";
import { RequestError } from "../../errors.ts";
import { type EventRow, readEvents } from "../history/read-events.ts";
import type { Job, JobRow } from "../job/job.ts";
import { type JobTransaction, transactJobs } from "../job/locked-jobs.ts";
import { cancelLocked } from "./cancel.ts";
import { findJob, type JobFilter, listJobs, lockOwnJob, readQueuePosition, refuseUnknown } from "./read-jobs.ts";
import { resumeLocked } from "./resume.ts";
import {
  type CheckedSubmission,
  checkSubmission,
  isPlain,
  type Submission,
  type SubmissionParts,
  type Submitted,
  submitJob,
  submitJobs,
} from "./submit.ts";

/** What callers of the API can do, each for one tenant. Throws RequestError for what cannot be done. */
export type Service = {
  submit(tenant: string, submission: Submission): Promise<Submitted>;
  /** In the caller's transaction, so that several are submitted together or not at all. */
  submitWithin(transaction: JobTransaction, tenant: string, submission: Submission): Promise<Submitted>;
  /** The same answer again and again; `conflict` for a job that has completed or failed. */
  cancel(tenant: string, jobId: string): Promise<JobRow>;
  /** Goes on from the phase in which the job ended. Finished steps are kept; attempts start over. */
  resume(tenant: string, jobId: string, options?: { maxCostUsd?: string | undefined }): Promise<JobRow>;
  find(tenant: string, jobId: string): Promise<JobRow>;
  list(tenant: string, filter: JobFilter): Promise<JobRow[]>;
  readEvents(job: JobRow, after: number): Promise<EventRow[]>;
  queuePosition(job: JobRow): Promise<number | null>;
};

export function createService(parts: SubmissionParts & { db: Db }): Service {
  const { db, queue } = parts;

  const submitTogether = createGroup<CheckedSubmission, Submitted>(
    async (submissions) => {
      const answers = await transactJobs(db, (transaction) => submitJobs(transaction, queue, submissions));
      return answers.map((answer) => (answer instanceof RequestError ? Promise.reject(answer) : answer));
    },
    { writers: 2, splits: (error) => !isDatabaseUnavailable(error) },
  );

  async function withOwnJob(
    tenant: string,
    jobId: string,
    run: (transaction: JobTransaction, job: Job) => Promise<void>,
  ): Promise<JobRow> {
    await transactJobs(db, async (transaction) => {
      const job = await lockOwnJob(transaction, tenant, jobId);
      await (job ? run(transaction, job) : refuseUnknown(transaction.tx, tenant, jobId));
    });
    return await findJob(db, tenant, jobId);
  }

  return {
    submitWithin: (transaction, tenant, submission) =>
      submitJob(transaction, parts, checkSubmission(parts, tenant, submission)),
    async submit(tenant, submission) {
      const checked = checkSubmission(parts, tenant, submission);
      if (isPlain(checked)) return await submitTogether(checked);
      return await transactJobs(db, (transaction) => submitJob(transaction, parts, checked));
    },
    cancel: (tenant, jobId) =>
      withOwnJob(tenant, jobId, async (transaction, job) => {
        if (job.status === "cancelled") return;
        const cancelled = await cancelLocked(transaction, parts, job);
        if (!cancelled) throw new RequestError("conflict", `The job has already ${job.status}.`);
      }),
    resume: (tenant, jobId, { maxCostUsd } = {}) =>
      withOwnJob(tenant, jobId, (transaction, job) => resumeLocked(transaction, parts, job, maxCostUsd)),
    find: (tenant, jobId) => findJob(db, tenant, jobId),
    list: (tenant, filter) => listJobs(db, tenant, filter),
    readEvents: ({ id }, after) => readEvents(db, id, after),
    queuePosition: (job) => readQueuePosition(db, job),
  };
}

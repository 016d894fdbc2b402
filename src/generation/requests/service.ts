import { isDatabaseUnavailable } from "../../db/availability.ts";
import type { Db } from "../../db/client.ts";
import { createGroup } from "../../db/commit/group.ts";
import { queryWith } from "../../db/commit/statement.ts";
import { RequestError } from "../../errors.ts";
import { cancelLocked } from "../family/cancel.ts";
import { createReadPage, type EventRow, type ReadPage, readAll } from "../history/read-events.ts";
import type { Job, JobRow } from "../job/job.ts";
import { type JobTransaction, transactJobs } from "../job/locked-jobs.ts";
import type { TypicalTimes } from "../job/progress/typical-times.ts";
import { giveAnswer, type JobAnswer, listAnswers } from "./answers/answers.ts";
import { type Batches, createBatches } from "./batches.ts";
import { createFindJob, type FindJob, type FoundJob, placed, readPositions } from "./find-job.ts";
import { type Fork, forkLocked } from "./fork.ts";
import { type JobFilter, listJobs, type Page } from "./lists/list-jobs.ts";
import { lockOwnJob, refuseUnknown } from "./read-jobs.ts";
import { resumeLocked } from "./resume.ts";
import { type FailedJobs, type ResumedJobs, resumeFailed } from "./resume-failed.ts";
import {
  type CheckedSubmission,
  checkSubmission,
  isPlain,
  type Submission,
  type SubmissionParts,
  type Submitted,
  submitJob,
  submitJobs,
  takeTurnsFor,
} from "./submit.ts";

/** What callers of the API can do, each for one tenant. Throws RequestError for what cannot be done. */
export type Service = {
  submit(tenant: string, submission: Submission): Promise<SubmittedAndFound>;
  /** In the caller's transaction, so that several are submitted together or not at all. */
  submitWithin(transaction: JobTransaction, tenant: string, submission: Submission): Promise<Submitted>;
  /** The same answer again and again; `conflict` for a job that has completed or failed. */
  cancel(tenant: string, jobId: string): Promise<FoundJob>;
  /** Goes on from the phase in which the job ended. Finished steps are kept; attempts start over. */
  resume(tenant: string, jobId: string, options?: { maxCostUsd?: string | undefined }): Promise<FoundJob>;
  /** Resumes the failed jobs of one kind, up to 1,000 at once. */
  resumeFailed(
    tenant: string,
    kind: FailedJobs,
    options?: { maxCostUsd?: string | undefined },
  ): Promise<ResumedJobs>;
  /** Submits a new job that begins at a phase of a finished one, with what that one had before it. */
  fork(tenant: string, jobId: string, fork: Fork): Promise<SubmittedAndFound>;
  /** What the job has asked a person for. */
  listAnswers(tenant: string, jobId: string): Promise<JobAnswer[]>;
  /** Gives the answer that a phase waits for. */
  answer(tenant: string, jobId: string, given: { name: string; answer: unknown }): Promise<FoundJob>;
  batches: Batches;
  find: FindJob;
  list(tenant: string, filter: JobFilter): Promise<Page>;
  /** All that has happened to the job since. */
  readEvents(job: JobRow, after: number): Promise<EventRow[]>;
  /** The next of it, for one that reads on and on. */
  readPage: ReadPage;
};

export type SubmittedAndFound = Submitted & { job: FoundJob };

export function createService(parts: SubmissionParts & { db: Db; typicalTimes: TypicalTimes }): Service {
  const { db, queue, typicalTimes } = parts;
  const find = createFindJob(db, typicalTimes);
  const readPage = createReadPage(db);
  const query = queryWith(db.$client, db.$client.session);

  const submitTogether = createGroup<CheckedSubmission, SubmittedAndFound>(
    async (submissions) => {
      const inTurn = await takeTurnsFor(query, queue, submissions);
      const answers = await transactJobs(db, (transaction) => submitJobs(transaction, queue, inTurn));
      const found = await place(answers.flatMap((answer) => (answer instanceof RequestError ? [] : [answer])));
      return answers.map(async (answer) => {
        if (answer instanceof RequestError) throw answer;
        return found.shift() as SubmittedAndFound;
      });
    },
    { writers: 2, splits: (error) => !isDatabaseUnavailable(error) },
  );

  async function place(answers: readonly Submitted[]): Promise<SubmittedAndFound[]> {
    const written = answers.filter(({ replayed }) => !replayed).map(({ job }) => job);
    const positions = await readPositions(query, written);
    return await Promise.all(
      answers.map(async ({ job, replayed }) => ({
        job: replayed ? await find(job.tenant, job.id) : placed(job, positions.get(job.id) ?? null, typicalTimes),
        replayed,
      })),
    );
  }

  async function withOwnJob(
    tenant: string,
    jobId: string,
    run: (transaction: JobTransaction, job: Job) => Promise<void>,
  ): Promise<FoundJob> {
    await transactJobs(db, async (transaction) => {
      const job = await lockOwnJob(transaction, tenant, jobId);
      await (job ? run(transaction, job) : refuseUnknown(transaction.tx, tenant, jobId));
    });
    return await find(tenant, jobId);
  }

  return {
    submitWithin: (transaction, tenant, submission) =>
      submitJob(transaction, parts, checkSubmission(parts, tenant, submission)),
    async submit(tenant, submission) {
      const checked = checkSubmission(parts, tenant, submission);
      if (isPlain(checked)) return await submitTogether(checked);
      const submitted = await transactJobs(db, (transaction) => submitJob(transaction, parts, checked));
      const [found] = await place([submitted]);
      return found as SubmittedAndFound;
    },
    cancel: (tenant, jobId) =>
      withOwnJob(tenant, jobId, async (transaction, job) => {
        if (job.status === "cancelled") return;
        const cancelled = await cancelLocked(transaction, parts, job);
        if (!cancelled) throw new RequestError("conflict", `The job has already ${job.status}.`);
      }),
    resume: (tenant, jobId, { maxCostUsd } = {}) =>
      withOwnJob(tenant, jobId, (transaction, job) => resumeLocked(transaction, parts, job, maxCostUsd)),
    resumeFailed: (tenant, kind, { maxCostUsd } = {}) => resumeFailed(parts, tenant, kind, maxCostUsd),
    async fork(tenant, jobId, fork) {
      const submitted = await transactJobs(db, async (transaction) => {
        const job = await lockOwnJob(transaction, tenant, jobId);
        return await (job
          ? forkLocked(transaction, parts, job, fork)
          : refuseUnknown(transaction.tx, tenant, jobId));
      });
      const [found] = await place([submitted]);
      return found as SubmittedAndFound;
    },
    async listAnswers(tenant, jobId) {
      await find(tenant, jobId);
      return await listAnswers(db, tenant, jobId);
    },
    answer: (tenant, jobId, given) =>
      withOwnJob(tenant, jobId, (transaction, job) => giveAnswer(transaction, parts, job, given)),
    batches: createBatches(parts),
    find,
    list: (tenant, filter) => listJobs(db, tenant, filter),
    readEvents: ({ id }, after) => readAll(readPage, id, after),
    readPage,
  };
}

import { getTableColumns } from "drizzle-orm";
import { generationJobs } from "../../db/schema/index.ts";
import { isFinished, type Transition, type TransitionName, type transitions } from "./transitions.ts";

/** A whole row, for those who show a job. */
export type JobRow = typeof generationJobs.$inferSelect;

/** A job without what may be large: its input and its result. */
export type Job = Omit<JobRow, "requestData" | "resultData">;

/** The columns that change while a job lives. Its input, its tags and whom it belongs to do not. */
export const written = [
  "articleId",
  "status",
  "phase",
  "percentage",
  "currentStep",
  "estimatedTimeRemaining",
  "providerUsed",
  "cost",
  "wordCount",
  "seoScore",
  "errorMessage",
  "startedAt",
  "completedAt",
  "attempts",
  "maxAttempts",
  "lostAttempts",
  "lastError",
  "rank",
  "queueJobId",
  "claim",
  "workerId",
  "eventCount",
  "errorCode",
  "errorDetail",
  "errorRetryable",
  "providerRequestId",
  "nextAttemptAt",
  "startBefore",
  "waitingFor",
  "phaseStartedAt",
  "model",
  "inputTokens",
  "cachedInputTokens",
  "outputTokens",
  "maxCostUsd",
  "childrenCost",
] as const satisfies (keyof Job)[];

/** What is written of a job beside its status. `resultData` is kept once it is there. */
export type JobFields = Partial<
  Pick<JobRow, Exclude<(typeof written)[number], "status" | "eventCount"> | "resultData">
>;

const { requestData, resultData, ...columns } = getTableColumns(generationJobs);

/** The columns of a job without its input and its result. */
export const jobColumns = columns;

/** Names one attempt: a claim on a queue job. A write with it lands only while no newer claim was made. */
export type AttemptId = { jobId: string; queueJobId: string; claim: number };

/** Who asks for a transition. Which of these a transition needs is its `guard`. */
export type Claimant<Name extends TransitionName> = {
  attempt: AttemptId;
  claim: AttemptId;
  "queue job": { jobId: string; queueJobId: string };
  status: { jobId: string };
}[(typeof transitions)[Name]["guard"]];

/** What a job waits for while as many jobs of its tenant are under way as may be. */
export const tenantLimit = "tenant_limit";

/** What a job waits for while a person is asked for an answer. */
export const wantsAnswer = "answer";

/** What a job waits for until all jobs that it has spawned have ended. */
export const wantsChildren = "children";

/** Whether this alone keeps a worker from running the job. */
export const waitsFor = (job: Job, what: string): boolean => job.waitingFor === what && job.claim === null;

/** Whether the attempt holds the job. */
export const isHeldBy = (job: Job, { queueJobId, claim }: AttemptId): boolean =>
  job.status === "processing" && job.queueJobId === queueJobId && job.claim === claim;

/**
 * Whether the attempt holds the job and is still at work. One that waits in place says for what; one that is to be tried
 * again has ended.
 */
export const isRunBy = (job: Job, attempt: AttemptId): boolean =>
  isHeldBy(job, attempt) && (job.nextAttemptAt === null || job.waitingFor !== null);

/** Whether the job's status and the claimant allow the transition. */
export function mayApply(job: Job, { from, guard }: Transition, claimant: Partial<AttemptId>): boolean {
  if (!from.includes(job.status)) return false;
  if (guard === "status") return true;
  // Every other guard names the queue job.
  if (claimant.queueJobId === undefined || job.queueJobId !== claimant.queueJobId) return false;
  if (guard === "queue job") return true;
  if (claimant.claim === undefined) return false;
  return guard === "attempt" ? job.claim === claimant.claim : job.claim === null || job.claim < claimant.claim;
}

/** The job after a transition. `now`: the database's time. */
export function applied(job: Job, { to, toIfNeverStarted = to }: Transition, fields: JobFields, now: Date): Job {
  return {
    ...job,
    ...(isFinished(to) ? finishedFields(job, now) : {}),
    ...fields,
    status: job.startedAt === null ? toIfNeverStarted : to,
  };
}

const finishedFields = (job: Job, now: Date) => ({
  completedAt: now,
  queueJobId: null,
  claim: null,
  // A job that never started keeps the time it was submitted for, in case it is resumed.
  nextAttemptAt: job.startedAt === null ? job.nextAttemptAt : null,
  waitingFor: null,
  estimatedTimeRemaining: null,
});

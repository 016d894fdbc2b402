import type { JobErrorCode } from "../errors.ts";
import type { JobEvent, Snapshot } from "../generation/history/events.ts";
import type { EventRow } from "../generation/history/read-events.ts";
import { type Job, wantsAnswer } from "../generation/job/job.ts";
import { isFinished } from "../generation/job/transitions.ts";
import type { FoundJob } from "../generation/requests/find-job.ts";
import type { ListedJob } from "../generation/requests/lists/list-jobs.ts";
import { addUsd } from "../usd.ts";

/** A moment as the API shows it. */
export const timeOf = (date: Date | null): string | null => date?.toISOString() ?? null;

/** A job as the API shows it. What a list did not read of it is left out. */
export function viewJob(job: ListedJob & { queuePosition?: number | null; failedCallId?: string | null }) {
  return {
    id: job.id,
    type: job.type,
    status: job.status,
    phase: job.phase,
    percentage: job.percentage,
    currentStep: job.currentStep,
    attempts: job.attempts,
    maxAttempts: job.maxAttempts,
    nextAttemptAt: isFinished(job.status) ? null : timeOf(job.nextAttemptAt),
    startBefore: timeOf(job.startBefore),
    waitingFor: job.waitingFor,
    estimatedTimeRemaining: job.estimatedTimeRemaining,
    queuePosition: job.queuePosition ?? null,
    provider: job.providerUsed,
    model: job.model,
    cost: addUsd(job.cost, job.childrenCost),
    tokens: { input: job.inputTokens, cachedInput: job.cachedInputTokens, output: job.outputTokens },
    priority: job.priority,
    wordCount: job.wordCount,
    seoScore: job.seoScore,
    topicId: job.topicId,
    articleId: job.articleId,
    batchId: job.batchId,
    forkedFrom: job.forkedFrom,
    scheduleId: job.scheduleId,
    parentId: job.parentId,
    supersedes: job.supersedes,
    tags: job.tags,
    maxCostUsd: job.maxCostUsd,
    ...("requestData" in job ? { input: job.requestData } : {}),
    ...("resultData" in job ? { result: job.resultData } : {}),
    error: viewError(job),
    createdAt: job.createdAt.toISOString(),
    startedAt: timeOf(job.startedAt),
    completedAt: timeOf(job.completedAt),
    lastUpdated: job.lastUpdated.toISOString(),
    urls: {
      self: `/v1/jobs/${job.id}`,
      events: `/v1/jobs/${job.id}/events`,
      cancel: `/v1/jobs/${job.id}/cancel`,
      resume: `/v1/jobs/${job.id}/resume`,
    },
  };
}

/** A job without what its consumer has sent. */
function viewEnd(job: FoundJob) {
  const { input, ...shown } = viewJob(job);
  return shown;
}

/** An entry of a job's history as the API shows it. `ended`: the job, if it has completed; its last event tells it. */
export const viewEvent = ({ id, jobId, at, type, data }: EventRow, ended: FoundJob | null = null) => ({
  id,
  jobId,
  at: at.toISOString(),
  type: type as (JobEvent | Snapshot)["type"],
  data: type === "completed" && ended ? viewEnd(ended) : data,
});

/** Seconds after which asking again is worthwhile; null for a finished job. */
export function pollAfterSeconds(job: Job): number | null {
  if (isFinished(job.status)) return null;
  const untilNext = job.nextAttemptAt ? Math.ceil((job.nextAttemptAt.getTime() - Date.now()) / 1000) : 0;
  // A person answers at any time.
  const longest = job.waitingFor === wantsAnswer ? 5 : 60;
  return Math.min(longest, Math.max(2, untilNext));
}

function viewError(job: Job & { failedCallId?: string | null }) {
  if (job.errorCode === null) return null;
  return {
    code: job.errorCode as JobErrorCode,
    message: job.errorMessage ?? job.lastError,
    detail: job.errorDetail,
    retryable: job.errorRetryable,
    phase: job.phase,
    attempt: job.attempts,
    providerRequestId: job.providerRequestId,
    callId: job.failedCallId ?? null,
  };
}

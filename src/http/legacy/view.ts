import type { Job } from "../../generation/job/job.ts";
import type { TypicalTime } from "../../generation/job/progress/estimates.ts";
import { addUsd } from "../../usd.ts";

const knownPhases = [
  "queued",
  "analyzing",
  "structuring",
  "writing",
  "optimizing",
  "finalizing",
  "completed",
  "error",
] as const;

/** A job's progress as the former front end reads it. */
export function viewLegacyProgress(job: Job) {
  return {
    jobId: job.id,
    phase: phaseOf(job),
    percentage: job.percentage,
    currentStep: job.status === "failed" ? (job.errorMessage ?? job.currentStep) : job.currentStep,
    ...known({
      articleId: job.articleId,
      estimatedTimeRemaining: job.estimatedTimeRemaining,
      startTime: job.startedAt?.toISOString(),
    }),
    metadata: known({
      wordCount: job.wordCount,
      seoScore: job.seoScore,
      provider: job.providerUsed,
      cost: Number(addUsd(job.cost, job.childrenCost)),
    }),
  };
}

// It draws `{cost && <span>…</span>}`, which for 0 is a lone "0" on the page: neither zero nor null is sent.
function known<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => Boolean(value))) as Partial<T>;
}

const usualSeconds = 120;

/** When a job that was submitted at `createdAt` should be done, never in the past. Two minutes later without history. */
export function estimateCompletion({ createdAt }: Job, typical: TypicalTime | null): string {
  const expected = createdAt.getTime() + (typical?.seconds ?? usualSeconds) * 1000;
  return new Date(Math.max(expected, Date.now())).toISOString();
}

// It polls until it reads `completed` or `error`: a cancelled job must end that too.
function phaseOf({ status, phase }: Job): (typeof knownPhases)[number] {
  if (status === "failed" || status === "cancelled") return "error";
  return knownPhases.find((known) => known === phase) ?? "writing";
}

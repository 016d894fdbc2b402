import type { JobRow } from "../../generation/job/store.ts";

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

/** A job's progress as the former front end reads it. What is not known is left out; zero is known. */
export function viewLegacyProgress(job: JobRow) {
  return {
    jobId: job.id,
    articleId: job.articleId,
    phase: phaseOf(job),
    percentage: job.percentage,
    currentStep: job.status === "failed" ? (job.errorMessage ?? job.currentStep) : job.currentStep,
    ...(job.estimatedTimeRemaining !== null && { estimatedTimeRemaining: job.estimatedTimeRemaining }),
    ...(job.startedAt !== null && { startTime: job.startedAt.toISOString() }),
    metadata: {
      ...(job.wordCount !== null && { wordCount: job.wordCount }),
      ...(job.seoScore !== null && { seoScore: job.seoScore }),
      ...(job.providerUsed !== null && { provider: job.providerUsed }),
      ...(job.cost !== null && { cost: Number(job.cost) }),
    },
  };
}

// It polls until it reads `completed` or `error`: a cancelled job must end that too.
function phaseOf({ status, phase }: JobRow): (typeof knownPhases)[number] {
  if (status === "failed" || status === "cancelled") return "error";
  return knownPhases.find((known) => known === phase) ?? "writing";
}

import type { JobFailure } from "../../history/events.ts";
import type { Job } from "../../job/job.ts";
import type { JobTransaction } from "../../job/locked-jobs.ts";
import { applyTransition } from "../../job/store.ts";
import { attemptFailed, failureFields } from "./failure.ts";

/** Ends a job with this failure. Null if the queue job is no longer the job's. */
export function failJob(
  transaction: JobTransaction,
  claimant: { jobId: string; queueJobId: string },
  error: JobFailure,
  more: { lostAttempts?: number } = {},
): Job | null {
  return applyTransition(
    transaction,
    "fail",
    claimant,
    { ...failureFields(error), ...more, errorMessage: error.message, currentStep: "Failed" },
    [attemptFailed(error, null), { type: "failed", data: { error } }],
  );
}

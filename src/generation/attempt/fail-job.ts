import type { Transaction } from "../../db/commit/transact.ts";
import type { JobFailure } from "../history/events.ts";
import { applyTransition, type JobRow } from "../job/store.ts";
import { attemptFailed, failureFields } from "./failure.ts";

/** Ends a job with this failure. Null if the queue job is no longer the job's. */
export async function failJob(
  transaction: Transaction,
  claimant: { jobId: string; queueJobId: string },
  error: JobFailure,
  more: { lostAttempts?: number } = {},
): Promise<JobRow | null> {
  return await applyTransition(
    transaction,
    "fail",
    claimant,
    { ...failureFields(error), ...more, errorMessage: error.message, currentStep: "Failed" },
    [attemptFailed(error, null), { type: "failed", data: { error } }],
  );
}

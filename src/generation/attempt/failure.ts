import type { Change } from "../../db/commit/transact.ts";
import { JobError, jobErrors } from "../../errors.ts";
import type { JobFailure } from "../history/events.ts";
import { apply, type JobRow } from "../job/store.ts";

const backoffBaseSeconds = 2;
const backoffCapSeconds = 300;

/**
 * What a consumer may know of an error that a handler threw. What is not a JobError may carry anything in its
 * message, so it is told as `internal`.
 */
export function describeFailure(error: unknown, phase: string, attempt: number): JobFailure {
  if (!(error instanceof JobError)) {
    const { message, retryable } = jobErrors.internal;
    return { code: "internal", message, retryable, phase, attempt, providerRequestId: null };
  }
  const { code, message, retryable, providerRequestId = null } = error;
  return { code, message, retryable, phase, attempt, providerRequestId };
}

/** When to try again: what the error asks for, at least a jittered, doubling delay (2 s, 4 s, … 5 min). */
export function nextAttemptAt(error: unknown, attempt: number, now = Date.now(), random = Math.random): Date {
  const ceiling = Math.min(backoffCapSeconds, backoffBaseSeconds * 2 ** (attempt - 1));
  const earliest = error instanceof JobError ? (error.retryAt?.getTime() ?? 0) : 0;
  return new Date(Math.max(earliest, now + random() * ceiling * 1000));
}

/** Ends a job with this failure. Null if the claimant no longer speaks for it. */
export async function applyFailure(
  change: Change,
  claimant: { jobId: string; queueJobId: string },
  error: JobFailure,
  more: { attempts?: number } = {},
): Promise<JobRow | null> {
  return await apply(
    change,
    "fail",
    claimant,
    { ...lastError(error), ...more, errorMessage: error.message, currentStep: "Failed" },
    [attemptFailed(error, null), { type: "failed", data: { error } }],
  );
}

export const attemptFailed = (error: JobFailure, retryAt: Date | null) => ({
  type: "attempt_failed" as const,
  data: { phase: error.phase, attempt: error.attempt, error, nextAttemptAt: retryAt?.toISOString() ?? null },
});

export const lastError = ({ code, message, retryable, providerRequestId }: JobFailure) => ({
  errorCode: code,
  lastError: message,
  errorRetryable: retryable,
  providerRequestId,
});

import { JobError, jobErrors } from "../../../errors.ts";
import type { JobFailure } from "../../history/events.ts";

/**
 * What a consumer may know of an error that ended an attempt. An error that is no JobError may carry anything in its
 * message, so the consumer reads `internal` and the log says the rest.
 */
export function describeFailure(error: unknown, phase: string, attempt: number): JobFailure {
  if (!(error instanceof JobError)) {
    const { message, retryable } = jobErrors.internal;
    return { code: "internal", message, detail: null, retryable, phase, attempt, providerRequestId: null };
  }
  const { code, message, detail = null, retryable, providerRequestId = null } = error;
  return { code, message, detail, retryable, phase, attempt, providerRequestId };
}

export const attemptFailed = (error: JobFailure, retryAt: Date | null) => ({
  type: "attempt_failed" as const,
  data: { phase: error.phase, attempt: error.attempt, error, nextAttemptAt: retryAt?.toISOString() ?? null },
});

/** The columns of a job that say how its latest attempt failed. */
export const failureFields = ({ code, message, detail, retryable, providerRequestId }: JobFailure) => ({
  errorCode: code,
  lastError: message,
  errorDetail: detail,
  errorRetryable: retryable,
  providerRequestId,
});

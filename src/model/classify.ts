import { APIConnectionError, APIConnectionTimeoutError, APIError } from "openai";
import { type JobErrorCode, jobErrors } from "../errors.ts";
import { type CallFacts, ModelError } from "./port.ts";
import { askedRetryTime } from "./retry-after.ts";

/**
 * Says in our words what the SDK threw. A provider's code decides, then the HTTP status, then the kind of error.
 * Anything else is `internal`. The provider's own words go into `cause` only.
 */
export function classify(error: unknown, facts: CallFacts = {}, now = new Date()): ModelError {
  const code = codeOf(error);
  if (!(error instanceof APIError)) return new ModelError(code, undefined, { ...facts, cause: error });
  return new ModelError(code, undefined, {
    ...facts,
    httpStatus: error.status,
    providerRequestId: error.requestID ?? facts.providerRequestId,
    retryAt: jobErrors[code].retryable ? askedRetryTime(error.headers, now, error.message) : undefined,
    cause: error,
  });
}

/** The words of providers. Found in `error.code`, or in `error.type` where a server has no such code. */
const codes = new Map<unknown, JobErrorCode>([
  ["rate_limit_exceeded", "rate_limited"],
  ["slow_down", "rate_limited"],
  ["insufficient_quota", "quota_exhausted"],
  ["credit_balance_exhausted", "quota_exhausted"],
  ["organization_spend_limit_exceeded", "quota_exhausted"],
  ["project_spend_limit_exceeded", "quota_exhausted"],
  ["organization_usage_limit_exceeded", "quota_exhausted"],
  ["invalid_api_key", "invalid_api_key"],
  ["model_not_found", "model_not_found"],
  ["context_length_exceeded", "context_length_exceeded"],
  ["exceed_context_size_error", "context_length_exceeded"],
  ["unsupported_value", "bad_request"],
  ["content_policy_violation", "content_refused"],
  ["content_filter", "content_refused"],
  ["invalid_prompt", "content_refused"],
  ["bio_policy", "content_refused"],
  ["misalignment_policy_violation", "content_refused"],
  ["server_is_overloaded", "overloaded"],
]);

const statuses = new Map<number, JobErrorCode>([
  [401, "invalid_api_key"],
  [402, "quota_exhausted"],
  [403, "permission_denied"],
  [404, "model_not_found"],
  [408, "timeout"],
  [409, "provider_error"],
  [413, "context_length_exceeded"],
  [429, "rate_limited"],
  [503, "overloaded"],
  [529, "overloaded"],
]);

function codeOf(error: unknown): JobErrorCode {
  if (error instanceof APIConnectionTimeoutError) return "timeout";
  if (error instanceof APIConnectionError) return transportCode(error) ?? "network";
  if (error instanceof APIError) return providerCode(error);
  // The SDK could not read an event.
  if (error instanceof SyntaxError) return "provider_error";
  return transportCode(error) ?? "internal";
}

function providerCode({ code, type, status, message }: APIError): JobErrorCode {
  // Several codes of exhausted accounts share one type, and "invalid_request_error" is the type of nearly
  // everything, so the type is looked at last. llama.cpp and vLLM send the status as a numeric code.
  const known = codes.get(code) ?? codes.get(type);
  if (known) return known;
  const httpStatus = status ?? (typeof code === "number" ? code : undefined);
  if (typeof code !== "string" && mayBeTooLong(httpStatus) && tooLong.test(message)) {
    return "context_length_exceeded";
  }
  if (httpStatus === undefined) return type === "invalid_request_error" ? "bad_request" : "provider_error";
  return statuses.get(httpStatus) ?? (httpStatus >= 400 && httpStatus < 500 ? "bad_request" : "provider_error");
}

function mayBeTooLong(status: number | undefined): boolean {
  return status === undefined || status === 400 || status === 422;
}

const tooLong = /context (length|size|window)|maximum context|prompt is too long|too many tokens/i;

/** What undici says in the chain of causes, for example below a "terminated" in the middle of a stream. */
function transportCode(error: unknown): "timeout" | "network" | undefined {
  for (let cause = causeOf(error); cause !== undefined; cause = causeOf(cause)) {
    const code = "code" in cause ? cause.code : undefined;
    if (typeof code === "string") return timeouts.has(code) ? "timeout" : "network";
  }
  return undefined;
}

const timeouts = new Set([
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
  "ETIMEDOUT",
]);

function causeOf(error: unknown): object | undefined {
  if (typeof error !== "object" || error === null || !("cause" in error)) return undefined;
  return typeof error.cause === "object" ? (error.cause ?? undefined) : undefined;
}

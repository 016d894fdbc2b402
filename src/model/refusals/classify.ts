import { APIConnectionError, APIConnectionTimeoutError, APIError } from "openai";
import { type JobErrorCode, jobErrors } from "../../errors.ts";
import type { Refused } from "../port/asking.ts";
import { type CallFacts, ModelError } from "../port/port.ts";
import { requestIdIn } from "./request-id.ts";
import { askedRetryTime } from "./retry-after.ts";
import { isLargerThanLimit, meaningOf } from "./words.ts";

/**
 * Says in our words what the SDK threw. A provider's code decides, then the HTTP status, then the kind of error.
 * Anything else is `internal`. The provider's own words go into `cause` only.
 */
export function classify(error: unknown, facts: CallFacts = {}, now = new Date()): ModelError {
  const said = codeOf(error);
  if (!(error instanceof APIError)) return new ModelError(said, undefined, { ...facts, cause: error });
  const retryAt = askedRetryTime(error.headers, now, error.message);
  // OpenRouter's budgets that are in use just now: a server that names a time wants to be asked again.
  const code = said === "quota_exhausted" && error.status === 402 && retryAt ? "rate_limited" : said;
  return new ModelError(code, undefined, {
    ...facts,
    httpStatus: error.status,
    providerRequestId: requestIdIn(error.headers) ?? facts.providerRequestId,
    refused: code === "bad_request" ? refusedBy(error) : undefined,
    retryAt: jobErrors[code].retryable ? retryAt : undefined,
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
  // The server found that the model's answer did not fit: another answer may.
  ["json_validate_failed", "invalid_output"],
  ["tool_use_failed", "invalid_output"],
  ["moderation", "content_refused"],
  ["redirected", "wrong_address"],
]);

const statuses = new Map<number, JobErrorCode>([
  [401, "invalid_api_key"],
  [402, "quota_exhausted"],
  [403, "permission_denied"],
  [408, "timeout"],
  [409, "provider_error"],
  [413, "context_length_exceeded"],
  [429, "rate_limited"],
  // Groq's capacity.
  [498, "overloaded"],
  [503, "overloaded"],
  [529, "overloaded"],
]);

/** The parameter that the server named. Its words may quote the prompt, so the parameter's name must come early. */
function refusedBy({ param, message }: APIError): Refused | undefined {
  const named = `${param ?? ""} ${message.slice(0, 300)}`;
  // A value may be refused too, and that would be asked in vain in another way.
  if (!unknownParameter.test(named)) return undefined;
  if (/max_(completion_)?tokens/.test(named)) return "token cap";
  return /response_format|json_schema|json_object|structured output|text\.format/i.test(named)
    ? "structured output"
    : undefined;
}

const unknownParameter =
  /unsupported|not support|unknown|unrecogni[sz]ed|unexpected|not (permitted|allowed|available)|unavailable|extra (inputs|fields)|extra_forbidden/i;

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
  if (isLargerThanLimit(message)) return "context_length_exceeded";
  const known = codes.get(code) ?? codes.get(type);
  if (known) return known;
  const httpStatus = status ?? statusIn(code);
  const meant = isVague(code) ? meaningOf(message, httpStatus) : undefined;
  if (meant) return meant;
  if (httpStatus === 404) return /model/i.test(message) ? "model_not_found" : "wrong_address";
  if (httpStatus === undefined) return type === "invalid_request_error" ? "bad_request" : "provider_error";
  return statuses.get(httpStatus) ?? (httpStatus >= 400 && httpStatus < 500 ? "bad_request" : "provider_error");
}

/** Some servers put the status where others have a word, as a number or as text. */
function statusIn(code: unknown): number | undefined {
  const number = typeof code === "string" && /^\d+$/.test(code) ? Number(code) : code;
  return typeof number === "number" && number >= 400 && number < 600 ? number : undefined;
}

/** A word of its own says more than a message. A number, a sentence or the name of all such errors does not. */
const isVague = (code: unknown): boolean =>
  typeof code !== "string" || /^\d+$|\s/.test(code) || code === "invalid_request_error";

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

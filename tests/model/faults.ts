import type { JobErrorCode } from "../../src/errors.ts";
import type { Usage } from "../../src/model/port/port.ts";
import type { ModelSettings } from "../../src/model/wire/openai.ts";
import { counts, type Dialect, type dialects, served } from "../support/dialects.ts";
import { cut, type Fault, line, reply, stall, stallBody, stream, trickle } from "../support/fault-server.ts";

type Expected = {
  /** Default: the code's own. */
  message?: string;
  status?: number;
  /** Seconds from now; or the moment itself. */
  retryAt?: number | Date;
  usage?: Usage;
  servedModel?: string;
  requestId?: string;
  patience?: Pick<ModelSettings, "headerTimeoutMs" | "idleTimeoutMs" | "totalTimeoutMs">;
};

export type Case = [name: string, fault: (dialect: Dialect) => Fault, code: JobErrorCode, expected?: Expected];

const { reasoning: _, ...usage } = counts;
const billed = { usage, servedModel: served };
const begun = { servedModel: served };
const soon = new Date(Math.ceil(Date.now() / 1000) * 1000 + 600_000);

// What may never reach a consumer or a log: every error of the provider carries it.
export const secret = "sk-proj-1234 and the words of the prompt";

const tooLong = "This model's maximum context length is 4096 tokens.";
const silent = "The model provider was silent for 0.15 s.";
const endless = "The model provider took longer than 0.5 s.";
const truncated = "The model's answer was truncated at its limit of 500 tokens.";
const filtered = "The provider's content filter stopped the answer.";
const long = "no".repeat(400);
const inSeconds = `${secret}: Please try again in 20.5s. Visit https://platform.openai.com`;
const named = { "x-request-id": "req_7" };
const kept = { ...begun, requestId: "req_7" };

/** Faults that look the same in both dialects. */
// biome-ignore format: a table
export const faults: Case[] = [
  ["rate limit", no(429, { code: "rate_limit_exceeded" }), "rate_limited", { status: 429 }],
  ["Retry-After in seconds", no(429, { code: "slow_down" }, { "retry-after": "20" }), "rate_limited", { status: 429, retryAt: 20 }],
  ["retry-after-ms wins", no(429, {}, { "retry-after-ms": "1500", "retry-after": "20" }), "rate_limited", { status: 429, retryAt: 1.5 }],
  ["Retry-After as a date", no(429, {}, { "retry-after": soon.toUTCString() }), "rate_limited", { status: 429, retryAt: soon }],
  ["Retry-After beyond an hour", no(429, {}, { "retry-after": "86400" }), "rate_limited", { status: 429, retryAt: 3600 }],
  ["Retry-After of garbage", no(429, {}, { "retry-after": "-5" }), "rate_limited", { status: 429 }],
  ["a time to wait in words", no(429, { code: "rate_limit_exceeded", message: inSeconds }), "rate_limited", { status: 429, retryAt: 20.5 }],
  ["a header wins over words", no(429, { message: inSeconds }, { "retry-after": "3" }), "rate_limited", { status: 429, retryAt: 3 }],
  ["quota", no(429, { code: "insufficient_quota" }, { "retry-after": "5" }), "quota_exhausted", { status: 429 }],
  ["credit used up", no(429, { code: "credit_balance_exhausted" }), "quota_exhausted", { status: 429 }],
  ["the organization's spend cap", no(429, { code: "organization_spend_limit_exceeded" }), "quota_exhausted", { status: 429 }],
  ["the project's spend cap", no(429, { code: "project_spend_limit_exceeded" }), "quota_exhausted", { status: 429 }],
  ["the organization's usage cap", no(429, { code: "organization_usage_limit_exceeded" }), "quota_exhausted", { status: 429 }],
  ["a billing code of tomorrow", no(429, { code: "new_limit", type: "insufficient_quota" }), "quota_exhausted", { status: 429 }],
  ["a code wins over a type", no(429, { code: "rate_limit_exceeded", type: "insufficient_quota" }), "rate_limited", { status: 429 }],
  ["no credit at another host", no(402, {}), "quota_exhausted", { status: 402 }],
  ["bad key", no(401, { code: "invalid_api_key", type: "invalid_request_error" }), "invalid_api_key", { status: 401 }],
  ["bad key without a code", no(401, { type: "invalid_request_error" }), "invalid_api_key", { status: 401 }],
  ["an address that is not allowed", no(401, { code: "ip_not_authorized" }), "invalid_api_key", { status: 401 }],
  ["region", no(403, { code: "unsupported_country_region_territory" }), "permission_denied", { status: 403 }],
  ["unknown model", no(404, { code: "model_not_found" }), "model_not_found", { status: 404 }],
  ["unknown model without a code", no(404, { message: `${secret}: no such model` }), "model_not_found", { status: 404 }],
  ["an address where nothing is", no(404, {}), "wrong_address", { status: 404 }],
  ["prompt too long", no(400, { code: "context_length_exceeded" }), "context_length_exceeded", { status: 400 }],
  ["prompt too long for llama.cpp", no(400, { code: 400, type: "exceed_context_size_error" }), "context_length_exceeded", { status: 400 }],
  ["prompt too long for vLLM", no(400, { code: 400, message: tooLong }), "context_length_exceeded", { status: 400 }],
  ["body too large", no(413, {}), "context_length_exceeded", { status: 413 }],
  ["a code wins over words", no(400, { code: "some_code", message: tooLong }), "bad_request", { status: 400 }],
  ["bad parameter", no(400, { code: "unsupported_value", type: "invalid_request_error" }), "bad_request", { status: 400 }],
  ["bad request without a code", no(400, { type: "invalid_request_error" }), "bad_request", { status: 400 }],
  ["unprocessable", no(422, {}), "bad_request", { status: 422 }],
  ["policy", no(400, { code: "content_policy_violation" }), "content_refused", { status: 400 }],
  ["invalid prompt", no(400, { code: "invalid_prompt" }), "content_refused", { status: 400 }],
  ["a policy on biology", no(400, { code: "bio_policy" }), "content_refused", { status: 400 }],
  ["a policy on misuse", no(400, { code: "misalignment_policy_violation" }), "content_refused", { status: 400 }],
  ["request timeout", no(408, {}), "timeout", { status: 408 }],
  ["conflict", no(409, {}), "provider_error", { status: 409 }],
  ["server error", no(500, { code: "server_error" }, { "retry-after": "7" }), "provider_error", { status: 500, retryAt: 7 }],
  ["HTML instead of an error", () => reply(502, `<h1>Bad gateway</h1>${secret}`), "provider_error", { status: 502 }],
  ["a gateway's own timeout", () => reply(504, `<h1>Gateway timeout</h1>${secret}`), "provider_error", { status: 504 }],
  ["a gateway that is overloaded", () => reply(503, `<h1>Busy</h1>${secret}`, { "retry-after": "12" }), "overloaded", { status: 503, retryAt: 12 }],
  ["an error with an id", no(500, {}, named), "provider_error", { status: 500, requestId: "req_7" }],
  ["an error as a string", () => reply(500, { error: secret }), "provider_error", { status: 500 }],
  ["overload", no(503, { code: "server_is_overloaded" }), "overloaded", { status: 503 }],
  ["overload without a code", no(503, {}, { "retry-after": "30" }), "overloaded", { status: 503, retryAt: 30 }],
  ["overload of a vague type", no(503, { type: "server_error" }), "overloaded", { status: 503 }],
  ["overload until a date", no(503, {}, { "retry-after": soon.toUTCString() }), "overloaded", { status: 503, retryAt: soon }],
  ["overload elsewhere", no(529, {}), "overloaded", { status: 529 }],
  ["overload elsewhere for a time", no(529, { type: "overloaded_error" }, { "retry-after": "9" }), "overloaded", { status: 529, retryAt: 9 }],
  ["a retry the server asks the SDK for", no(500, {}, { "x-should-retry": "true" }), "provider_error", { status: 500 }],
  ["no headers", () => stall, "timeout", { message: silent, patience: { headerTimeoutMs: 150 } }],
  ["a status, but no body", () => stallBody(503), "overloaded", { status: 503, patience: { headerTimeoutMs: 150 } }],
  ["no first event", () => stream([], "stall"), "timeout", { message: silent, patience: { headerTimeoutMs: 150 } }],
  ["stall in the stream", says([], "stall"), "timeout", { ...begun, message: silent, patience: { idleTimeoutMs: 150 } }],
  ["a stream that goes on for ever", (d) => trickle(d.begin(), d.text("and ")), "timeout", { ...begun, message: endless, patience: { totalTimeoutMs: 500 } }],
  ["stall in a stream with an id", says([], "stall", named), "timeout", { ...kept, message: silent, patience: { idleTimeoutMs: 150 } }],
  ["cut in a stream with an id", says([], "cut", named), "network", kept],
  ["no terminal event in a stream with an id", says([], "end", named), "network", kept],
  ["an unreadable event in a stream with an id", says(["data: {\n\n"], "end", named), "provider_error", kept],
  ["an error event in a stream with an id", says([line({ error: { code: "server_error", message: secret } }, "error")], "end", named), "provider_error", kept],
  ["token cap in a stream with an id", says((d) => d.end("truncated", counts), "end", named), "invalid_output", { ...billed, message: truncated, requestId: "req_7" }],
  ["cut before headers", () => cut, "network"],
  ["cut in the stream", says([], "cut"), "network", begun],
  ["no terminal event", says([]), "network", begun],
  ["[DONE] alone", says(["data: [DONE]\n\n"]), "network", begun],
  ["no event at all", () => stream([]), "network"],
  ["HTML with status 200", () => reply(200, `<h1>Welcome</h1>${secret}`), "provider_error"],
  ["JSON instead of a stream", () => reply(200, { status: "failed", error: null }), "provider_error"],
  ["an unreadable event", says([`data: {"oops ${secret}\n\n`]), "provider_error", begun],
  ["an event that is no object", says(["data: null\n\n"]), "provider_error", begun],
  ["an error event", says([line({ error: { code: "server_error", message: secret } }, "error")]), "provider_error", begun],
  ["rate limit in the stream", says([line({ type: "error", code: "rate_limit_exceeded", message: secret }, "error")]), "rate_limited", begun],
  ["rate limit in the stream for a time", says([line({ error: { code: "rate_limit_exceeded", message: inSeconds } })]), "rate_limited", { ...begun, retryAt: 20.5 }],
  ["rate limit in a stream with a Retry-After", says([line({ error: { code: "rate_limit_exceeded", message: secret } })], "end", { "retry-after": "4" }), "rate_limited", { ...begun, retryAt: 4 }],
  ["quota in the stream", says([line({ error: { code: "insufficient_quota", message: secret } })]), "quota_exhausted", begun],
  ["overload in the stream", says([line({ error: { code: "server_is_overloaded", message: secret } })]), "overloaded", begun],
  ["prompt too long in the stream", says([line({ error: { code: "context_length_exceeded", message: secret } })]), "context_length_exceeded", begun],
  ["an error with a numeric code", says([line({ error: { code: 503, message: secret } })]), "overloaded", begun],
  ["an error without a code", says([line({ error: { code: null, message: secret } })]), "provider_error", begun],
  ["a bad request in the stream", says([line({ error: { code: null, type: "invalid_request_error", message: secret } })]), "bad_request", begun],
  ["token cap", says((d) => d.end("truncated", counts)), "invalid_output", { ...billed, message: truncated }],
  ["filter", says((d) => d.end("filtered", counts)), "content_refused", { ...billed, message: filtered }],
  ["refusal", says((d) => [...d.refusal("I can't "), ...d.refusal("write\nthat."), ...d.end("complete", counts)]), "content_refused", { ...billed, message: "The model declined: I can't write that." }],
  ["long refusal", says((d) => [...d.refusal(long), ...d.end("complete", counts)]), "content_refused", { ...billed, message: `The model declined: ${long.slice(0, 299)}…` }],
  ["empty answer", (d) => stream([...d.text(" \n"), ...d.end("complete", counts)]), "invalid_output", { ...billed, message: "The model's answer was empty." }],
];

/** Faults that only one dialect can express. */
// biome-ignore format: a table
export const faultsOf: Record<keyof typeof dialects, Case[]> = {
  responses: [
    ["response.failed", fails({ code: "server_error", message: secret }), "provider_error", billed],
    ["response.failed for a policy", fails({ code: "bio_policy", message: secret }), "content_refused", billed],
    ["response.failed for misuse", fails({ code: "misalignment_policy_violation", message: secret }), "content_refused", billed],
    ["response.failed for the rate", fails({ code: "rate_limit_exceeded", message: secret }), "rate_limited", billed],
    ["response.failed for the rate, for a time", fails({ code: "rate_limit_exceeded", message: inSeconds }), "rate_limited", { ...billed, retryAt: 20.5 }],
    ["response.failed for the rate, with a Retry-After", fails({ code: "rate_limit_exceeded", message: secret }, { "retry-after": "4", ...named }), "rate_limited", { ...billed, retryAt: 4, requestId: "req_7" }],
    ["response.failed for the quota", fails({ code: "insufficient_quota", message: secret }), "quota_exhausted", billed],
    ["response.failed without a reason", fails(null), "provider_error", billed],
    ["an error event without a name", says([line({ type: "error", code: "slow_down", message: secret })]), "rate_limited", begun],
    ["failed, in an event that says completed", completes({ status: "failed", error: { code: "server_error", message: secret } }), "provider_error", billed],
    ["incomplete, in an event that says completed", completes({ status: "incomplete", incomplete_details: null }), "invalid_output", { ...billed, message: truncated }],
    ["filtered, in an event that says completed", completes({ status: "incomplete", incomplete_details: { reason: "content_filter" } }), "content_refused", { ...billed, message: filtered }],
    ["incomplete without a reason", says([line({ type: "response.incomplete", response: {} })]), "invalid_output", { ...begun, message: truncated }],
  ],
  chat: [
    ["choices that are missing", says([line({ usage: null })]), "network", begun],
  ],
};

function no(status: number, error: Record<string, unknown>, headers?: Record<string, string>): () => Fault {
  return () =>
    reply(status, { error: { message: secret, type: null, code: null, param: null, ...error } }, headers);
}

function says(
  lines: string[] | ((dialect: Dialect) => string[]),
  ending?: "end" | "cut" | "stall",
  headers?: Record<string, string>,
): (dialect: Dialect) => Fault {
  return (dialect) => {
    const rest = typeof lines === "function" ? lines(dialect) : lines;
    return stream([...dialect.begin(), ...dialect.text("Once"), ...rest], ending, headers);
  };
}

function fails(error: unknown, headers?: Record<string, string>): () => Fault {
  return ends("response.failed", { error }, headers);
}

function completes(response: object): () => Fault {
  return ends("response.completed", response);
}

function ends(type: string, response: object, headers?: Record<string, string>): () => Fault {
  const { input, output, cachedInput, cacheWrite } = counts;
  const details = { cached_tokens: cachedInput, cache_write_tokens: cacheWrite };
  const used = { input_tokens: input, input_tokens_details: details, output_tokens: output };
  return () =>
    stream(
      [
        line({ type: "response.output_text.delta", delta: "Once" }),
        line({ type, response: { model: served, usage: used, ...response } }),
      ],
      "end",
      headers,
    );
}

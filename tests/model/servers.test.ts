import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { GenerateRequest } from "../../src/model/port/port.ts";
import { createModel } from "../../src/model/wire/openai.ts";
import { type FaultServer, line, reply, startFaultServer, stream } from "../support/fault-server.ts";

/*
 * What servers beside OpenAI send over Chat Completions, each in the shape in which it was recorded or documented.
 */

let server: FaultServer;
beforeEach(async () => {
  server = await startFaultServer();
});
afterEach(() => server.close());

async function generate(over: Partial<GenerateRequest> = {}) {
  const model = createModel({ provider: "peer", model: "peer-1", api: "chat", apiKey: "", baseURL: server.url });
  return await model.generate({
    system: "",
    user: "",
    maxOutputTokens: 100,
    signal: AbortSignal.timeout(10_000),
    ...over,
  });
}

const chunk = (delta: object, more: object = {}) =>
  line({ choices: [{ index: 0, delta, finish_reason: null, ...more }] });
const usage = (counts: object) => line({ choices: [], usage: counts });
const done = "data: [DONE]\n\n";
const end = (reason: string) => chunk({}, { finish_reason: reason });

test("parts of another type than text are left out of the content", async () => {
  server.script(
    stream([
      chunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "The user asks." }] }] }),
      chunk({ content: [{ type: "text", text: "2 + 2" }, null, { type: "reference", reference_ids: [1] }] }),
      chunk({ content: " = 4" }),
      end("stop"),
      done,
    ]),
  );
  expect((await generate()).text).toBe("2 + 2 = 4");
});

test("what a model thinks before it answers is in no piece of text", async () => {
  const pieces: string[] = [];
  server.script(
    stream([..."<think>Hm.</think>\n\nHello."].map((content) => chunk({ content })).concat(end("stop"), done)),
  );
  expect((await generate({ onDelta: (piece) => pieces.push(piece) })).text).toBe("Hello.");
  expect(pieces.join("")).toBe("Hello.");
});

test("thinking that only its end gives away takes back what was streamed", async () => {
  let streamed = "";
  server.script(stream([chunk({ content: "Hm.\n" }), chunk({ content: "</think>\n\nHello." }), end("stop"), done]));
  const { text } = await generate({
    onDelta: (piece) => (streamed += piece),
    onRestart: () => (streamed = ""),
  });
  expect([text, streamed]).toEqual(["Hello.", "Hello."]);
});

test.each([
  ["stop", "Half a sen"],
  ["STOP", "Half a sen"],
  ["eos", "Half a sen"],
  ["end_turn", "Half a sen"],
  ["length", "invalid_output"],
  ["model_length", "invalid_output"],
  ["MAX_TOKENS", "invalid_output"],
  ["content_filter", "content_refused"],
  ["SAFETY", "content_refused"],
  ["error", "provider_error"],
  ["abort", "provider_error"],
  ["insufficient_system_resource", "provider_error"],
  ["something_new", "provider_error"],
])("an answer that ends with %s is %s", async (reason, expected) => {
  server.script(stream([chunk({ content: "Half a sen" }), end(reason), done]));
  const outcome = await generate().then(
    ({ text }) => text,
    (error) => error.code,
  );
  expect(outcome).toBe(expected);
});

test("an error after the answer's end is an error", async () => {
  const error = line({ error: { code: 502, message: "Upstream died" }, choices: [] });
  server.script(stream([chunk({ content: "Once" }), end("stop"), error]));
  await expect(generate()).rejects.toMatchObject({ code: "provider_error" });
});

test.each([
  [
    "xAI, whose completion leaves out what was thought",
    { prompt_tokens: 12, completion_tokens: 2, total_tokens: 354 },
    342,
  ],
  ["a server that counts it", { prompt_tokens: 12, completion_tokens: 342, total_tokens: 354 }, 342],
  ["a server without a total", { prompt_tokens: 12, completion_tokens: 2 }, 2],
])("output tokens of %s", async (_, counts, output) => {
  server.script(stream([chunk({ content: "Once" }), end("stop"), usage(counts), done]));
  expect((await generate()).usage).toMatchObject({ input: 12, output });
});

test("usage in each chunk: the last one counts", async () => {
  const counted = (completion_tokens: number) => ({
    usage: { prompt_tokens: 5, completion_tokens, total_tokens: 5 + completion_tokens },
  });
  const chunks = ["Once ", "upon"].map((content, index) =>
    line({ choices: [{ delta: { content }, finish_reason: null }], ...counted(index + 1) }),
  );
  server.script(
    stream([...chunks, line({ choices: [{ delta: {}, finish_reason: "stop" }], ...counted(3) }), done]),
  );
  expect(await generate()).toMatchObject({ text: "Once upon", usage: { input: 5, output: 3 } });
});

const codeOf = () =>
  generate().then(
    ({ text }) => text,
    ({ code, retryAt }) => (retryAt ? `${code} in ${Math.round((retryAt - Date.now()) / 1000)} s` : code),
  );

/** Answers with this status and body. */
const says = (status: number, body: object, headers: Record<string, string> = {}) => reply(status, body, headers);
const error = (message: string, more: object = {}) => ({ error: { message, ...more } });

// biome-ignore format: a table
test.each([
  ["vLLM: the context", says(400, error("This model's maximum context length is 4096 tokens.", { code: 400 })), "context_length_exceeded"],
  ["llama.cpp: the context", says(400, error("the request exceeds the available context size", { code: 400, type: "exceed_context_size_error" })), "context_length_exceeded"],
  ["LM Studio: the context", says(400, { error: "The number of tokens to keep from the initial prompt is greater than the context length." }), "context_length_exceeded"],
  ["TGI: the context", says(422, { error: "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000", error_type: "validation" }), "context_length_exceeded"],
  ["xAI: the context", says(400, { code: "Client specified an invalid argument", error: "This model's maximum prompt length is 131072 but the request contains 200000 tokens." }), "context_length_exceeded"],
  ["Gemini: the context", says(400, [error("The input token count (1100000) exceeds the maximum number of tokens allowed (1048576).", { code: 400, status: "INVALID_ARGUMENT" })]), "context_length_exceeded"],
  ["Mistral: the context", says(400, { object: "error", message: "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length", type: "invalid_request_error", code: "3051" }), "context_length_exceeded"],
  ["LiteLLM: the context", says(400, error("litellm.ContextWindowExceededError: AnthropicException", { code: "400" })), "context_length_exceeded"],
  ["Mistral: a parameter", says(422, { detail: [{ type: "extra_forbidden", loc: ["body", "max_completion_tokens"], msg: "Extra inputs are not permitted" }] }), "bad_request"],
  ["Groq: its own check of the JSON", says(400, error("Failed to generate JSON.", { type: "invalid_request_error", code: "json_validate_failed" })), "invalid_output"],
  ["Groq: capacity", says(498, error("Capacity exceeded")), "overloaded"],
  ["z.ai: no balance", says(429, error("Insufficient balance or no resource package. Please recharge.", { code: "1113" })), "quota_exhausted"],
  ["DeepSeek: no balance", says(402, error("Insufficient Balance", { type: "unknown_error", code: "invalid_request_error" })), "quota_exhausted"],
  ["Anthropic: no credit", says(400, error("Your credit balance is too low to access the API.", { type: "invalid_request_error" })), "quota_exhausted"],
  ["OpenRouter: budgets in flight", says(402, error("Waiting for other requests", { code: 402 }), { "retry-after": "12" }), "rate_limited in 12 s"],
  ["OpenRouter: moderation", says(403, error("The input was flagged", { code: 403, metadata: { reasons: ["violence"], flagged_input: "…" } })), "content_refused"],
  ["OpenRouter: a provider behind it", says(429, error("Provider returned error", { code: 429, metadata: { raw: "temporarily rate-limited upstream. Please retry in 30 seconds." } })), "rate_limited in 30 s"],
  ["Gemini: a bad key", says(400, [error("API key not valid. Please pass a valid API key.", { code: 400, status: "INVALID_ARGUMENT" })]), "invalid_api_key"],
  ["xAI: a bad key", says(400, { code: "Client specified an invalid argument", error: "Incorrect API key provided: xa***ab." }), "invalid_api_key"],
  ["Gemini: the rate", says(429, [error("You exceeded your current quota. Please retry in 53.0s.", { code: 429, status: "RESOURCE_EXHAUSTED" })]), "rate_limited in 53 s"],
  ["a time after which", says(429, error("Rate limit reached, retry after 26 seconds")), "rate_limited in 26 s"],
  ["what is used up, in headers", says(429, error("slow down"), { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1m2s", "x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "9h" }), "rate_limited in 62 s"],
  ["OpenAI: larger than the minute", says(429, error("Request too large for gpt-6 on tokens per min (TPM): Limit 30000, Requested 40000.", { code: "rate_limit_exceeded" })), "context_length_exceeded"],
  ["an unknown model as 400", says(400, error("The model `nope` does not exist.", { code: 400 })), "model_not_found"],
  ["an address where nothing is", says(404, { detail: "Not Found" }), "wrong_address"],
  ["LM Studio: an address where nothing is", says(200, { error: "Unexpected endpoint or method. (POST /chat/completions)" }), "wrong_address"],
  ["a redirect", reply(301, "", { location: "https://example.com/v1/chat/completions" }), "wrong_address"],
  ["an error with status 200", says(200, error("no", { code: "429" })), "rate_limited"],
  ["LiteLLM: a status as text in the stream", stream([line(error("litellm.RateLimitError", { code: "429" }))]), "rate_limited"],
  ["a whole answer, though a stream was asked for", says(200, { object: "chat.completion", model: "peer-2", choices: [{ message: { role: "assistant", content: "Once upon" }, finish_reason: "stop" }], usage: { prompt_tokens: 1, completion_tokens: 2 } }), "Once upon"],
  ["a whole answer that is cut short", says(200, { object: "chat.completion", choices: [{ message: { content: "Once" }, finish_reason: "length" }] }), "invalid_output"],
] as const)("%s", async (_, fault, expected) => {
  server.script(fault);
  expect(await codeOf()).toBe(expected);
  expect(server.seen).toHaveLength(1);
});

test("comments keep a call alive before its first event, and silence after it does not", async () => {
  const model = createModel({
    provider: "peer",
    model: "peer-1",
    api: "chat",
    apiKey: "",
    baseURL: server.url,
    headerTimeoutMs: 600,
    idleTimeoutMs: 300,
  });
  const ask = () =>
    model.generate({ system: "", user: "", maxOutputTokens: 9, signal: AbortSignal.timeout(10_000) });
  server.script((response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const beats = setInterval(() => response.write(": PROCESSING\n\n"), 100);
    setTimeout(() => {
      clearInterval(beats);
      response.end([chunk({ content: "Once" }), end("stop"), done].join(""));
    }, 1_500);
  });
  expect((await ask()).text).toBe("Once");
  server.script(stream([chunk({ content: "Once" })], "stall"));
  await expect(ask()).rejects.toMatchObject({ code: "timeout", message: expect.stringContaining("0.3 s") });
});

import { type FixtureOpts, LLMock } from "@copilotkit/aimock";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { z } from "zod";
import { isFinished } from "../../src/generation/job/transitions.ts";
import { parseJson } from "../../src/model/output.ts";
import type { GenerateRequest } from "../../src/model/port/port.ts";
import { createModel } from "../../src/model/wire/openai.ts";
import { eventually, hurry, startTestGalley } from "../support/galley.ts";
import { story } from "../support/story.ts";

// A server that others wrote, after their own reading of the API. What it cannot do is left to our fault server: it
// sends no details of the usage, and of the endings of a response only `response.completed`.
let server: LLMock;

beforeEach(async () => {
  server = await LLMock.create({ host: "127.0.0.1", port: 0, logLevel: "silent", chunkSize: 5 });
});

afterEach(async () => {
  await server.stop();
});

const usage = { prompt_tokens: 31, input_tokens: 31, completion_tokens: 7, output_tokens: 7 };
const counted = { input: 31, cachedInput: 0, cacheWrite: 0, output: 7 };
const served = "gpt-6-sol-2026-08-01";

describe.each(["responses", "chat"] as const)("over %s", (api) => {
  test("streamed text arrives piece by piece, with its usage and the served model", async () => {
    answer("Once upon a time", {}, { usage, model: served });
    const deltas: string[] = [];
    const generation = await generate({ onDelta: (delta) => deltas.push(delta) });
    expect(generation).toEqual({
      text: "Once upon a time",
      usage: counted,
      statedCost: null,
      servedModel: served,
      servedTier: null,
      providerRequestId: expect.stringMatching(/^req-/),
    });
    expect(deltas).toEqual(["Once ", "upon ", "a tim", "e"]);
    expectOneRequest();
  });

  test("an object comes as its schema says", async () => {
    const zod = z.object({ title: z.string(), words: z.array(z.string()) });
    const outline = { title: "Once", words: ["upon", "a time"] };
    answer(JSON.stringify(outline), {}, { usage });
    const { text } = await generate({ schema: { name: "outline", zod } });
    expect(parseJson(text, zod)).toEqual(outline);
    expectOneRequest();
  });

  test.each([
    [429, { code: "rate_limit_exceeded" }, "rate_limited", true],
    [429, { code: "insufficient_quota", type: "insufficient_quota" }, "quota_exhausted", false],
    [401, { code: "invalid_api_key", type: "invalid_request_error" }, "invalid_api_key", false],
    [404, { code: "model_not_found", type: "invalid_request_error" }, "model_not_found", false],
    [400, { code: "context_length_exceeded", type: "invalid_request_error" }, "context_length_exceeded", false],
    [500, { type: "server_error" }, "provider_error", false],
    [503, { type: "server_error" }, "overloaded", false],
  ])("%i %j is %s", async (status, error, code, hasRetryTime) => {
    server.onMessage(/./, { status, retryAfter: 20, error: { message: "no", ...error } });
    const before = Date.now();
    const failure = await generate().catch((reason: unknown) => reason);
    expect(failure).toMatchObject({ name: "ModelError", code, httpStatus: status });
    const { retryAt } = failure as { retryAt?: Date };
    if (hasRetryTime) expect(retryAt?.getTime()).toBeGreaterThanOrEqual(before + 20_000);
    else expect(retryAt).toBeUndefined();
    expectOneRequest();
  });

  test("a call that failed is not repeated here; the next one gets its answer", async () => {
    server.on({ userMessage: "Task", sequenceIndex: 0 }, { status: 500, error: { message: "out of order" } });
    server.on({ userMessage: "Task", sequenceIndex: 1 }, { content: "Once", usage });
    await expect(generate()).rejects.toMatchObject({ code: "provider_error" });
    expectOneRequest();
    expect(await generate()).toMatchObject({ text: "Once", usage: counted });
    expect(server.getRequests()).toHaveLength(2);
  });

  test("a connection that breaks in the middle of the text is a network error", async () => {
    // With pauses, since a client may drop what it has not read yet when the connection breaks.
    answer("Once upon a time there was a road bike", { truncateAfterChunks: 8, latency: 10 });
    const deltas: string[] = [];
    await expect(generate({ onDelta: (delta) => deltas.push(delta) })).rejects.toMatchObject({ code: "network" });
    expect(deltas.slice(0, 2)).toEqual(["Once ", "upon "]);
    expectOneRequest();
  });

  test("a connection that breaks while the model is slow is a network error", async () => {
    answer("Once upon a time", { disconnectAfterMs: 50, latency: 60 });
    await expect(generate()).rejects.toMatchObject({ code: "network" });
    expectOneRequest();
  });

  test("an answer cut at its limit is reported as that, and billed", async () => {
    answer("Once upon", {}, { usage, finishReason: "length" });
    await expect(generate()).rejects.toMatchObject({
      code: "invalid_output",
      message: "The model's answer was truncated at its limit of 500 tokens.",
      usage: counted,
    });
    expectOneRequest();
  });

  test("an abort in the middle of a slow answer ends the call with the signal's reason", async () => {
    // The server does not notice that the client is gone: the disconnect ends its timers.
    answer("Once upon a time", { latency: 100, disconnectAfterMs: 2_000 });
    const controller = new AbortController();
    const reason = new Error("the job was cancelled");
    const deltas: string[] = [];
    const onDelta = (delta: string) => {
      deltas.push(delta);
      controller.abort(reason);
    };
    await expect(generate({ signal: controller.signal, onDelta })).rejects.toBe(reason);
    expect(deltas).toEqual(["Once "]);
    expectOneRequest();
  });

  test("a whole job gets through a rate limit and a broken connection", async () => {
    const slowDown = { status: 429, retryAfter: 1, error: { message: "no", code: "rate_limit_exceeded" } };
    const text = { content: "Twenty words or so.", usage };
    server.on({ userMessage: "outline", sequenceIndex: 0 }, slowDown);
    server.on({ userMessage: "outline", sequenceIndex: 1 }, text);
    server.on({ userMessage: "chapter:1", sequenceIndex: 0 }, text, { truncateAfterChunks: 6 });
    server.on({ userMessage: "chapter:1", sequenceIndex: 1 }, text);
    const env = { OPENAI_BASE_URL: `${server.url}/v1`, OPENAI_MODEL: "gpt-6-sol", MODEL_API: api };
    const galley = await startTestGalley({ jobTypes: [story], env });
    try {
      const input = { title: "A road bike", chapters: 1 };
      const { id } = (await galley.service.submit("local", { type: "story", input })).job;
      const job = await eventually(
        async () => {
          await hurry(galley, id);
          return galley.service.find("local", id);
        },
        ({ status }) => isFinished(status),
      );
      expect(job).toMatchObject({
        status: "completed",
        resultData: { title: "A road bike", text: "Twenty words or so." },
        providerUsed: "127.0.0.1",
        model: "gpt-6-sol",
      });
      const failures = (await galley.service.readEvents(job, 0)).filter(({ type }) => type === "attempt_failed");
      // The rate limit was waited for, and used up no attempt.
      expect(failures).toMatchObject([{ data: { error: { code: "network" } } }]);
      const path = api === "responses" ? "/v1/responses" : "/v1/chat/completions";
      expect(server.getRequests().map((request) => request.path)).toEqual([path, path, path, path]);
    } finally {
      await galley.close();
    }
  });

  function generate(request: Partial<GenerateRequest> = {}) {
    const model = createModel({
      provider: "openai",
      model: "gpt-6-sol",
      api,
      apiKey: "sk-test",
      baseURL: `${server.url}/v1`,
    });
    const { signal } = new AbortController();
    return model.generate({ system: "Rules", user: "Task", maxOutputTokens: 500, signal, ...request });
  }
});

function answer(content: string, opts: FixtureOpts = {}, envelope: Record<string, unknown> = {}): void {
  server.onMessage("Task", { content, ...envelope }, opts);
}

function expectOneRequest(): void {
  expect(server.getRequests()).toHaveLength(1);
}

import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { z } from "zod";
import type { GenerateRequest } from "../../src/model/port/port.ts";
import { createModel, type ModelSettings } from "../../src/model/wire/openai.ts";
import { counts, dialects, served } from "../support/dialects.ts";
import { type FaultServer, line, stall, startFaultServer, stream, trickle } from "../support/fault-server.ts";

const { reasoning: _, ...usage } = counts;
let server: FaultServer;

beforeEach(async () => {
  server = await startFaultServer();
});

afterEach(async () => {
  await server.close();
});

describe.each(["responses", "chat"] as const)("over %s", (api) => {
  const { begin, text, end } = dialects[api];
  const answer = () => [...begin(), ...text("Once "), ...text("upon"), ...end("complete", counts)];

  test("gives the text, what it used, the served model and the provider's id", async () => {
    server.script(stream(answer(), "end", { "x-request-id": "req_7" }));
    const deltas: string[] = [];
    const generation = await generate({ api }, { onDelta: (delta) => deltas.push(delta) });
    expect(generation).toEqual({
      text: "Once upon",
      usage,
      statedCost: null,
      servedModel: served,
      servedTier: null,
      providerRequestId: "req_7",
    });
    expect(deltas).toEqual(["Once ", "upon"]);
  });

  test("the cost that the provider states is known of a call that failed, too", async () => {
    const cost = (lines: string[]) =>
      lines.map((one) => one.replace(/"total_tokens":\d+/, (found) => `${found},"cost":0.5`));
    const whole = (how: "complete" | "truncated") => cost([...begin(), ...text("Once"), ...end(how, counts)]);
    server.script(stream(whole("complete")), stream(whole("truncated")));
    expect(await generate({ api })).toMatchObject({ statedCost: "0.500000000000" });
    await expect(generate({ api })).rejects.toMatchObject({ code: "invalid_output", statedCost: "0.500000000000" });
  });

  test.each(["text/plain", "application/json", "text/event-stream", "application/octet-stream", ""])(
    "a stream and a whole error are known by their first byte, also as %j",
    async (type) => {
      const error = JSON.stringify({ error: { message: "no", code: "rate_limit_exceeded" } });
      server.script(
        stream(answer(), "end", { "content-type": type }),
        stream([error], "end", { "content-type": type }),
      );
      expect(await generate({ api })).toMatchObject({ text: "Once upon" });
      await expect(generate({ api })).rejects.toMatchObject({ code: "rate_limited" });
    },
  );

  test("an answer that has ended is kept, however the connection ends", async () => {
    server.script(stream(answer(), "cut"), stream(answer(), "stall"));
    expect(await generate({ api })).toMatchObject({ text: "Once upon", usage });
    expect(await generate({ api })).toMatchObject({ text: "Once upon", usage });
  });

  test("the keys and addresses of the environment are not used", async () => {
    const environment = { ...process.env };
    Object.assign(process.env, {
      OPENAI_BASE_URL: "http://127.0.0.1:9/v1",
      OPENAI_API_KEY: "sk-other",
      OPENAI_ADMIN_KEY: "sk-admin",
      OPENAI_ORG_ID: "org-other",
      OPENAI_PROJECT_ID: "proj-other",
      OPENAI_CUSTOM_HEADERS: "Authorization: Bearer sk-stolen\nX-Custom: 1",
      OPENAI_LOG: "debug",
    });
    try {
      server.script(stream(answer()), stream(answer()));
      await generate({ api });
      await generate({ api, apiKey: "" });
    } finally {
      process.env = environment;
    }
    const [first, second] = server.seen;
    expect(first?.headers).toMatchObject({ authorization: "Bearer sk-test" });
    expect(second?.headers).toMatchObject({ authorization: "Bearer none" });
    for (const header of ["x-custom", "openai-organization", "openai-project"]) {
      expect(first?.headers).not.toHaveProperty(header);
    }
  });

  test("time in which the process was stopped is not the provider's silence", async () => {
    const lines = answer();
    server.script((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(lines.slice(0, -1).join(""));
      setTimeout(() => response.end(lines.at(-1)), 200);
    });
    const call = generate({ api, idleTimeoutMs: 500 });
    await server.arrival();
    setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500), 50);
    expect(await call).toMatchObject({ text: "Once upon", usage });
  });

  test("a call aborted in the stream throws the signal's reason and closes the socket", async () => {
    server.script(stream([...begin(), ...text("Once")], "stall"));
    const controller = new AbortController();
    const reason = new Error("the job was cancelled");
    const call = generate({ api }, { signal: controller.signal, onDelta: () => controller.abort(reason) });
    await expect(call).rejects.toBe(reason);
    expect(await server.seen[0]?.closed).toEqual({ finished: false });
  });

  test("a call aborted before the headers does the same", async () => {
    server.script(stall);
    const controller = new AbortController();
    const arrival = server.arrival();
    const call = generate({ api }, { signal: controller.signal });
    const { closed } = await arrival;
    controller.abort("shutdown");
    await expect(call).rejects.toBe("shutdown");
    expect(await closed).toEqual({ finished: false });
  });

  test("an aborted signal sends nothing", async () => {
    await expect(generate({ api }, { signal: AbortSignal.abort("cancelled") })).rejects.toBe("cancelled");
    expect(server.seen).toHaveLength(0);
  });

  test("a silent stream is closed", async () => {
    server.script(stream([...begin()], "stall"));
    await expect(generate({ api, idleTimeoutMs: 100 })).rejects.toMatchObject({ code: "timeout" });
    expect(await server.seen[0]?.closed).toEqual({ finished: false });
  });

  test("a stream that goes on for ever is closed", async () => {
    server.script(trickle(begin(), text("and ")));
    await expect(generate({ api, totalTimeoutMs: 300 })).rejects.toMatchObject({ code: "timeout" });
    expect(await server.seen[0]?.closed).toEqual({ finished: false });
  });

  test("an error of who listens is not the provider's, and closes the socket", async () => {
    server.script(stream([...begin(), ...text("Once")], "stall"));
    const bug = new TypeError("not a function");
    const onDelta = () => {
      throw bug;
    };
    await expect(generate({ api }, { onDelta })).rejects.toBe(bug);
    expect(await server.seen[0]?.closed).toEqual({ finished: false });
  });
});

const schema = { name: "outline", zod: z.object({ title: z.string().max(60) }) };
const wireSchema = {
  type: "object",
  properties: { title: { type: "string" } },
  required: ["title"],
  additionalProperties: false,
};

test("the Responses API gets exactly this", async () => {
  server.script(stream(dialects.responses.text("{}")));
  await generate({ api: "responses" }, { schema }).catch(() => undefined);
  expect(server.seen[0]).toMatchObject({ path: "/v1/responses" });
  expect(server.seen[0]?.body).toEqual({
    model: "gpt-6-sol",
    instructions: "Rules",
    input: "Task",
    max_output_tokens: 500,
    store: false,
    stream: true,
    text: { format: { type: "json_schema", name: "outline", strict: true, schema: wireSchema } },
  });
});

test.each([
  ["openai", "responses", "job_1"],
  ["openai", "chat", "job_1"],
  ["peer", "chat", undefined],
] as const)("the key of the cache is sent to %s over %s as %s", async (provider, api, sent) => {
  server.script(stream([...dialects[api].text("Once"), ...dialects[api].end("complete", counts)]));
  await generate({ api, provider }, { cacheKey: "job_1" });
  const body = server.seen[0]?.body as Record<string, unknown> | undefined;
  expect(body?.prompt_cache_key).toBe(sent);
});

test.each(["responses", "chat"] as const)("what the operator knows of the server is sent over %s", async (api) => {
  server.script(stream([...dialects[api].text("Once"), ...dialects[api].end("complete", counts)]));
  const options = {
    tokenLimit: "max_tokens",
    reasoningEffort: "low",
    extraBody: { seed: 7, model: "another" },
    extraHeaders: { "X-Title": "shop" },
  } as const;
  await generate({ api, options });
  const [seen] = server.seen;
  expect(seen?.headers).toMatchObject({ "x-title": "shop", authorization: "Bearer sk-test" });
  expect(seen?.body).toMatchObject({
    model: "gpt-6-sol",
    seed: 7,
    ...(api === "chat" ? { max_tokens: 500, reasoning_effort: "low" } : { reasoning: { effort: "low" } }),
  });
});

test.each(["max_completion_tokens", "max_tokens"] as const)(
  "Chat Completions gets exactly this and %s",
  async (cap) => {
    server.script(stream(dialects.chat.text("{}")));
    const abilities = { maxTokensParam: cap, json: "json_schema" } as const;
    await generate({ api: "chat" }, { schema, abilities }).catch(() => undefined);
    expect(server.seen[0]).toMatchObject({ path: "/v1/chat/completions" });
    expect(server.seen[0]?.body).toEqual({
      model: "gpt-6-sol",
      messages: [
        { role: "system", content: "Rules" },
        { role: "user", content: "Task" },
      ],
      [cap]: 500,
      stream: true,
      stream_options: { include_usage: true },
      response_format: { type: "json_schema", json_schema: { name: "outline", strict: true, schema: wireSchema } },
    });
  },
);

test("a schema that cannot be sent is an error of ours, and nothing is sent", async () => {
  const zod = z.object({ title: z.string().optional() });
  await expect(generate({}, { schema: { name: "outline", zod } })).rejects.toThrow(/optional/);
  expect(server.seen).toHaveLength(0);
});

test("a server that leaves out everything optional is understood", async () => {
  server.script(
    stream([line({ choices: [{ delta: { content: "Once" } }] }), line({ choices: [{ finish_reason: "stop" }] })]),
    stream([line({ type: "response.output_text.delta", delta: "Once" }), line({ type: "response.completed" })]),
  );
  const bare = {
    text: "Once",
    usage: null,
    statedCost: null,
    servedModel: "gpt-6-sol",
    servedTier: null,
    providerRequestId: null,
  };
  expect(await generate({ api: "chat" })).toEqual(bare);
  expect(await generate({ api: "responses" })).toEqual(bare);
});

test("an answer that only comes with the last event is understood", async () => {
  const output = [{ type: "reasoning" }, { type: "message", content: [{ type: "output_text", text: "Once" }] }];
  const refused = [{ type: "message", content: [{ type: "refusal", refusal: "No." }] }];
  server.script(
    stream([line({ type: "response.completed", response: { output } })]),
    stream([line({ type: "response.completed", response: { output: refused } })]),
  );
  const deltas: string[] = [];
  const generation = await generate({ api: "responses" }, { onDelta: (delta) => deltas.push(delta) });
  expect([generation.text, deltas]).toEqual(["Once", ["Once"]]);
  await expect(generate({ api: "responses" })).rejects.toMatchObject({ code: "content_refused" });
});

test("an answer that was cut before it was counted is whole, its usage unknown", async () => {
  const [finish = ""] = dialects.chat.end("complete", counts);
  server.script(stream([...dialects.chat.text("Once"), finish], "cut"));
  expect(await generate({ api: "chat" })).toMatchObject({ text: "Once", usage: null });
});

test("details of the usage may be missing", async () => {
  const chunk = { choices: [{ delta: { content: "Once" }, finish_reason: "stop" }] };
  server.script(stream([line({ ...chunk, usage: { prompt_tokens: 12, completion_tokens: 3 } })]));
  const generation = await generate({ api: "chat" });
  expect(generation.usage).toEqual({ input: 12, cachedInput: 0, cacheWrite: 0, output: 3 });
});

function generate(settings: Partial<ModelSettings>, request: Partial<GenerateRequest> = {}) {
  const fixed = {
    provider: "openai",
    model: "gpt-6-sol",
    api: "chat",
    apiKey: "sk-test",
    baseURL: server.url,
  } as const;
  const { signal } = new AbortController();
  const model = createModel({ ...fixed, ...settings });
  return model.generate({ system: "Rules", user: "Task", maxOutputTokens: 500, signal, ...request });
}

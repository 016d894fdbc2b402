import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createModel } from "../../src/model/openai.ts";
import type { GenerateRequest } from "../../src/model/port.ts";
import { type FaultServer, line, startFaultServer, stream } from "../support/fault-server.ts";

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

import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { z } from "zod";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { answering } from "../support/dialects.ts";
import { type FaultServer, line, reply, startFaultServer } from "../support/fault-server.ts";
import { startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { relay } from "../support/types.ts";

const type = relay({
  first: ({ input, step, model }) =>
    step("answer", input, () =>
      model.object({
        system: "Rules.",
        user: "Task.",
        name: "answer",
        schema: z.object({ text: z.string() }),
        maxOutputTokens: 200,
      }),
    ),
});

let server: FaultServer;
let database: TestDatabase;
let galleys: TestGalley[];
beforeEach(async () => {
  server = await startFaultServer();
  database = await createTestDatabase();
  galleys = [];
});
afterEach(async () => {
  for (const galley of galleys) await galley.close();
  await server.close();
  await database.drop();
});

/** A process of its own, as far as what it remembers goes. */
async function start(more: Record<string, string> = {}): Promise<TestGalley> {
  const env = { OPENAI_BASE_URL: server.url, OPENAI_MODEL: "peer-1", MODEL_API: "chat", ...more };
  const galley = await startTestGalley({ jobTypes: [type], test: database, env });
  galleys.push(galley);
  return galley;
}

async function run(galley: TestGalley) {
  const { job } = await galley.service.submit("local", { type: "relay", input: { text: "go" } });
  return await whenFinished(galley, job.id);
}

const asked = () => server.seen.map(({ body }) => body as Record<string, unknown>);
const formats = () =>
  asked().map(({ response_format }) => (response_format as { type?: string } | undefined)?.type);
const refusal = (message: string, param: string | null = null) =>
  reply(400, { error: { message, param, type: "invalid_request_error", code: "invalid_request_error" } });

test("a server that refuses a schema is asked for JSON, then for nothing, and every worker knows it for a day", async () => {
  const deepSeek = refusal("This response_format type is unavailable now");
  server.script(deepSeek, deepSeek);
  server.otherwise(answering('Here you are:\n```json\n{"text":"Once"}\n```'));
  const first = await start();
  expect(await run(first)).toMatchObject({ status: "completed", attempts: 1, resultData: { text: "Once second" } });
  expect(formats()).toEqual(["json_schema", "json_object", undefined]);
  // The prompt says what the server may ignore.
  const [{ messages } = { messages: [] }] = asked() as { messages: { content: string }[] }[];
  expect(messages[0]?.content).toMatch(/^Rules\.\n\nAnswer with JSON alone, .*"text"/s);
  const { rows } = await database.query("select state, error_code, cost from provider_calls order by started_at");
  expect(rows.map(({ state, error_code }) => [state, error_code])).toEqual([
    ["failed", "bad_request"],
    ["failed", "bad_request"],
    ["succeeded", null],
  ]);

  await run(await start());
  expect(formats().slice(3)).toEqual([undefined]);
  await database.query("update model_abilities set learned_at = learned_at - interval '1 day'");
  await run(await start());
  expect(formats().slice(4)).toEqual(["json_schema"]);
});

test("a server that refuses one name of the token cap is asked by the other, which is kept once it is taken", async () => {
  server.script(refusal("Unsupported parameter: 'max_tokens' is not supported with this model.", "max_tokens"));
  server.otherwise(answering('{"text":"Once"}'));
  const galley = await start();
  expect(await run(galley)).toMatchObject({ status: "completed", attempts: 1 });
  await run(galley);
  const caps = () => asked().map((body) => ["max_tokens" in body, "max_completion_tokens" in body]);
  expect(caps()).toEqual([
    [true, false],
    [false, true],
    [false, true],
  ]);
});

test("what is refused in both ways fails, and nothing is kept of it; neither is a refused value", async () => {
  server.script(
    refusal("Unsupported parameter: 'max_tokens'", "max_tokens"),
    refusal("Unsupported parameter: 'max_completion_tokens'", "max_completion_tokens"),
    refusal("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", "max_tokens"),
  );
  server.otherwise(answering('{"text":"Once"}'));
  const galley = await start();
  expect(await run(galley)).toMatchObject({ status: "failed", errorCode: "bad_request" });
  expect(await run(galley)).toMatchObject({ status: "failed", errorCode: "bad_request" });
  expect(server.seen).toHaveLength(3);
  expect((await database.query("select from model_abilities")).rowCount).toBe(0);
  expect(await run(galley)).toMatchObject({ status: "completed" });
  expect(asked()[3]).toMatchObject({ max_tokens: 200 });
});

test("another refusal is not asked again; the job names the call, and the call has the provider's words", async () => {
  server.otherwise(refusal("temperature is not supported", "temperature"));
  const galley = await start();
  const failed = await run(galley);
  expect(failed).toMatchObject({ status: "failed", errorCode: "bad_request" });
  expect(server.seen).toHaveLength(1);
  const { body } = await request(galley.url).get(`/v1/jobs/${failed.id}`);
  expect(body.error).toMatchObject({ code: "bad_request", message: "The model provider rejected the request." });
  const { rows } = await database.query("select id, refusal from provider_calls");
  expect(rows).toEqual([
    {
      id: body.error.callId,
      refusal: {
        status: 400,
        code: "invalid_request_error",
        type: "invalid_request_error",
        param: "temperature",
        message: "400 temperature is not supported",
      },
    },
  ]);
});

test.each([
  ["OpenRouter in dollars", { cost: 0.00014 }, "0.000140000000"],
  ["xAI in ticks", { cost_in_usd_ticks: 1_234_567 }, "0.000123456700"],
])("a cost that the provider names is taken: %s", async (_, named, cost) => {
  server.otherwise((response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const choice = { choices: [{ delta: { content: '{"text":"Once"}' }, finish_reason: "stop" }] };
    const usage = { choices: [], usage: { prompt_tokens: 5, completion_tokens: 7, ...named } };
    response.end([choice, usage].map((chunk) => line(chunk)).join(""));
  });
  expect(await run(await start())).toMatchObject({ status: "completed", cost });
  const { rows } = await database.query("select cost, cost_stated from provider_calls");
  expect(rows).toEqual([{ cost, cost_stated: true }]);
});

test("a server that wants to be left alone, and then refuses a way of asking, is asked the other way at once", async () => {
  server.script(
    reply(429, { error: { message: "no", code: "rate_limit_exceeded" } }, { "retry-after": "1" }),
    refusal("This response_format type is unavailable now", "response_format"),
  );
  server.otherwise(answering('{"text":"Once"}'));
  expect(await run(await start())).toMatchObject({ status: "completed", attempts: 1 });
  expect(formats()).toEqual(["json_schema", "json_schema", "json_object"]);
  expect((await database.query("select from provider_gates")).rowCount).toBe(0);
});

test("what the operator says of a server goes before what was learned", async () => {
  server.script(refusal("Unsupported parameter: 'max_tokens'", "max_tokens"));
  server.otherwise(answering('{"text":"Once"}'));
  await run(await start());
  await run(await start({ MODEL_OPTIONS: '{"tokenLimit":"max_tokens"}' }));
  expect(asked().map((body) => "max_tokens" in body)).toEqual([true, false, true]);
});

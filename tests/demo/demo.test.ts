import { spawn } from "node:child_process";
import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "@jest/globals";
import { OpenAI } from "openai";
import { z } from "zod";
import { type DemoModel, type DemoOptions, startDemoModel } from "../../src/demo/server.ts";
import { prelude } from "../support/process.ts";

let open: DemoModel[] = [];

afterEach(async () => {
  await Promise.all(open.map((demo) => demo.close()));
  open = [];
});

async function start(options?: DemoOptions): Promise<{ demo: DemoModel; client: OpenAI }> {
  const demo = await startDemoModel(options);
  open.push(demo);
  return { demo, client: new OpenAI({ baseURL: demo.baseURL, apiKey: "any", maxRetries: 0, logLevel: "off" }) };
}

const model = "demo-1";
const block = (data: object) => `Write what the data asks for.\n\nThe data:\n${JSON.stringify(data, null, 1)}`;
const topic = block({ title: "Bees in the city", keywords: ["city bees", "balcony"], targetWords: 150 });

describe("the Responses API", () => {
  test("streams the text of the answer in one piece, as the documented events", async () => {
    const { client } = await start();
    const whole = await client.responses.create({ model, instructions: "Be brief.", input: topic });
    const events = await all(
      await client.responses.create({ model, instructions: "Be brief.", input: topic, stream: true }),
    );

    expect(events.map(({ type }) => type).filter((type) => type !== "response.output_text.delta")).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
    const deltas = events.flatMap((event) => (event.type === "response.output_text.delta" ? [event.delta] : []));
    expect(deltas.length).toBeGreaterThan(20);
    expect(deltas.join("")).toBe(whole.output_text);
    const last = events.at(-1);
    if (last?.type !== "response.completed") throw new Error(`${last?.type} came last`);
    expect(last.response).toMatchObject({
      status: "completed",
      model,
      usage: whole.usage,
      incomplete_details: null,
    });
    expect(last.response.output).toMatchObject([
      { type: "message", status: "completed", content: [{ text: whole.output_text }] },
    ]);
  });

  test("its usage adds up, and each answer has ids of its own", async () => {
    const { client } = await start();
    const [one, other] = [
      await client.responses.create({ model, input: topic }),
      await client.responses.create({ model, input: topic }),
    ];
    expect(one.usage).toEqual({
      input_tokens: expect.any(Number),
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: expect.any(Number),
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: (one.usage?.input_tokens ?? 0) + (one.usage?.output_tokens ?? 0),
    });
    expect(one.usage?.input_tokens).toBeGreaterThan(20);
    expect(one.usage?.output_tokens).toBeGreaterThan(150);
    expect(one._request_id).toMatch(/^req_/);
    expect(new Set([one.id, other.id, one._request_id, other._request_id]).size).toBe(4);
  });

  test("cuts what does not fit into max_output_tokens and says so", async () => {
    const { client } = await start();
    const ask = { model, input: topic, max_output_tokens: 30 };
    const whole = await client.responses.create({ model, input: topic });
    const cut = await client.responses.create(ask);
    expect(cut).toMatchObject({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } });
    expect(cut.usage?.output_tokens).toBeLessThanOrEqual(30);
    expect(cut.output_text).not.toBe("");
    expect(whole.output_text.startsWith(cut.output_text)).toBe(true);
    const events = await all(await client.responses.create({ ...ask, stream: true }));
    expect(events.at(-1)).toMatchObject({
      type: "response.incomplete",
      response: { status: "incomplete", usage: cut.usage },
    });
  });

  test("an aborted stream frees the generation", async () => {
    const { demo, client } = await start({ onChunk: holdAfter(3) });
    const cancel = new AbortController();
    const stream = await client.responses.create({ model, input: topic, stream: true }, { signal: cancel.signal });
    let deltas = 0;
    for await (const event of stream) {
      if (event.type !== "response.output_text.delta") continue;
      deltas += 1;
      if (deltas < 3) continue;
      expect(demo.calls.open()).toBe(1);
      cancel.abort();
    }
    await until(() => demo.calls.open() === 0);
    expect(deltas).toBe(3);
  });
});

describe("the Chat Completions API", () => {
  const messages = [
    { role: "system", content: "Be brief." },
    { role: "user", content: [{ type: "text", text: topic }] },
  ] satisfies OpenAI.ChatCompletionMessageParam[];

  test("streams the text of the answer in one piece, with the role first and the usage last", async () => {
    const { client } = await start();
    const whole = await client.chat.completions.create({ model, messages });
    const chunks = await all(
      await client.chat.completions.create({
        model,
        messages,
        stream: true,
        stream_options: { include_usage: true },
      }),
    );
    const text = whole.choices[0]?.message.content;
    expect(whole.choices).toMatchObject([{ finish_reason: "stop", message: { role: "assistant", refusal: null } }]);
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: "assistant", content: "", refusal: null });
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toBe(text);
    expect(chunks.at(-2)?.choices).toEqual([{ index: 0, delta: {}, logprobs: null, finish_reason: "stop" }]);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
    expect(new Set(chunks.slice(0, -1).map(({ usage }) => usage))).toEqual(new Set([null]));
    const { prompt_tokens = 0, completion_tokens = 0, total_tokens } = whole.usage ?? {};
    expect(total_tokens).toBe(prompt_tokens + completion_tokens);
    expect(whole.usage?.prompt_tokens_details?.cached_tokens).toBe(0);
    expect(whole.usage?.completion_tokens_details?.reasoning_tokens).toBe(0);
  });

  test("sends no usage unasked, and [DONE] at the end", async () => {
    const { demo } = await start();
    const body = JSON.stringify({ model, messages, stream: true });
    const answer = await fetch(`${demo.baseURL}/chat/completions`, { method: "POST", body });
    const lines = (await answer.text()).split("\n\n");
    expect(answer.headers.get("content-type")).toContain("text/event-stream");
    expect(lines.slice(-2)).toEqual(["data: [DONE]", ""]);
    expect(lines.join("")).not.toContain("usage");
  });

  test.each(["max_completion_tokens", "max_tokens"])("cuts what does not fit into %s", async (limit) => {
    const { client } = await start();
    const cut = await client.chat.completions.create({ model, messages, [limit]: 30 });
    expect(cut.choices[0]?.finish_reason).toBe("length");
    expect(cut.usage?.completion_tokens).toBeLessThanOrEqual(30);
    const chunks = await all(await client.chat.completions.create({ model, messages, [limit]: 30, stream: true }));
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("length");
  });

  test("gives the text of the Responses API", async () => {
    const { client } = await start();
    const chat = await client.chat.completions.create({ model: "another", messages });
    const response = await client.responses.create({ model, instructions: "Be brief.", input: topic });
    expect(chat.model).toBe("another");
    expect(chat.choices[0]?.message.content).toBe(response.output_text);
  });
});

describe("its text", () => {
  const subjects = { en: "city bees", de: "Stadtbienen", ja: "都市養蜂" };
  const cases = Object.entries(subjects).flatMap(([language, focus]) =>
    [60, 150, 400, 900].map((words) => ({ language, focus, words })),
  );

  test.each(cases)(
    "has $words words of $language, and the keyword now and then",
    async ({ language, focus, words }) => {
      const { client } = await start();
      for (const heading of ["First", "Second", "Third"]) {
        const data = {
          title: focus,
          heading,
          focusKeyword: focus,
          keyPoints: ["x", "y"],
          targetWords: words,
          language,
        };
        const { output_text: text } = await client.responses.create({ model, input: block(data) });
        expect(Math.abs(wordsOf(text, language) - words)).toBeLessThanOrEqual(words * 0.03);
        const before = text.slice(0, text.indexOf(focus));
        expect(wordsOf(before, language)).toBeLessThan(60);
        const density = (text.split(focus).length - 1) / words;
        expect(density).toBeGreaterThanOrEqual(0.005);
        expect(density).toBeLessThanOrEqual(0.02);
        for (const paragraph of text.split("\n\n")) expect(wordsOf(paragraph, language)).toBeLessThan(120);
        expect(text).not.toMatch(/^#/m);
        expect(text).not.toMatch(/[{}]|undefined/);
      }
    },
  );

  test("is the same for the same request, and another for another", async () => {
    const ask = async (input: string) => {
      const { client } = await start();
      return (await client.responses.create({ model, input })).output_text;
    };
    const [one, again, other] = [await ask(topic), await ask(topic), await ask(topic.replace("balcony", "roof"))];
    expect(again).toBe(one);
    expect(other).not.toBe(one);
  });

  test("mentions what it is given: points, keywords, links, and no address that is no link", async () => {
    const { client } = await start();
    const data = {
      title: "Bees in the city",
      focusKeyword: "city bees",
      keywords: ["city bees", "balcony hive"],
      keyPoints: ["where bees find water", "what neighbours ask"],
      links: [
        { title: "Our hives", url: "https://example.com/hives" },
        { title: "Evil", url: "javascript:alert(1)" },
      ],
      targetWords: 200,
    };
    const { output_text: text } = await client.responses.create({ model, input: block(data) });
    for (const given of ["balcony hive", ...data.keyPoints, "[Our hives](https://example.com/hives)"]) {
      expect(text).toContain(given);
    }
    expect(text).not.toMatch(/javascript|Evil/);
  });

  test.each([
    ["Write an 80 words article about keeping bees", 80, "keeping bees"],
    ["Please write a text on sourdough bread.\nIn about 200 words.", 200, "sourdough bread"],
    ["Sourdough bread", 120, "Sourdough bread"],
    ["", 120, "this subject"],
  ])("without data it is about the first line: %j", async (input, words, subject) => {
    const { client } = await start();
    const { output_text: text } = await client.responses.create({ model, input });
    expect(Math.abs(wordsOf(text, "en") - words)).toBeLessThanOrEqual(words * 0.03);
    expect(text).toContain(subject);
  });

  test.each([
    `"quotes" and 'more' \\" $& $1 .*+?^()|[]{} \\d`,
    "<script>alert('x')</script><img src=x onerror=alert(1)>&lt;b&gt; [a](javascript:alert(1)) ![b](//evil) `code` **x** # y",
    "👩‍👩‍👧‍👦🎉 ".repeat(400),
    "🎉",
    "a".repeat(300_000),
    "{".repeat(100_000),
    '{"title": '.repeat(20_000),
    "\u0000\u202e\ud800 half a pair",
    "{s} {do} {constructor} __proto__",
    " \n\t ".repeat(50_000),
    "visit https://evil.example/x?y=1 or www.evil.example or me@evil.example",
  ])("hostile input %# is answered with plain prose", async (title) => {
    const { client } = await start();
    for (const input of [
      title,
      block({ title, heading: title, keywords: [title], keyPoints: [title], targetWords: 150 }),
    ]) {
      const { output_text: text, status } = await client.responses.create({ model, input });
      expect(status).toBe("completed");
      expect(text.length).toBeGreaterThan(300);
      expect(text.isWellFormed()).toBe(true);
      expect(text.replaceAll("\n", "")).not.toMatch(/[<>[\]{}|*_`\\\p{Cc}]|:\/\/|@|onerror|www\.|undefined/u);
    }
  });
});

describe("structured output", () => {
  const Section = z.object({
    id: z.string(),
    heading: z.string().min(3).max(80),
    goal: z.string(),
    keyPoints: z.array(z.string().max(60)).min(2).max(6),
    targetWords: z.int().min(1),
  });
  const Outline = z.object({
    title: z.string().max(60),
    metaTitle: z.string(),
    metaDescription: z.string(),
    focusKeyword: z.string(),
    audience: z.string().nullable(),
    questions: z.array(z.string()).min(3).max(8),
    sections: z.array(Section),
  });
  type Tree = { name: string; children: Tree[]; next: Tree | null };
  const Tree: z.ZodType<Tree> = z.object({
    name: z.string(),
    get children() {
      return z.array(Tree);
    },
    get next() {
      return Tree.nullable();
    },
  });
  const Limits = z.object({
    code: z.string().length(7),
    long: z.string().min(400).max(420),
    none: z.string().max(0),
    percent: z.number().min(0).max(1),
    even: z.int().multipleOf(2).min(3).max(5),
    below: z.number().gt(-2).lt(-1),
    any: z.number(),
    ok: z.boolean(),
    kind: z.enum(["a", "b"]),
    fixed: z.literal("x"),
    mixed: z.union([z.string(), z.number()]),
    nothing: z.null(),
    kinds: z.array(z.enum(["a", "b", "c"])).length(3),
    many: z.array(z.object({ label: z.string().max(12) })).length(30),
    constructor: z.string(),
    pair: z.tuple([z.string(), z.int()]),
    when: z.iso.datetime(),
    link: z.url(),
    mail: z.email(),
  });
  const Findings = z.object({
    claims: z.array(z.string()),
    patches: z.array(z.object({ target: z.string(), text: z.string() })),
    issues: z.array(z.string()).min(1),
  });

  const schemas = { Outline, Tree, Limits, Findings, Section };

  test.each(Object.entries(schemas))(
    "%s is answered with valid JSON, on both APIs",
    async (name, schema: z.ZodType) => {
      const { client } = await start();
      const { $schema: _, ...json } = z.toJSONSchema(schema);
      const format = { name, schema: json, strict: true };
      const response = await client.responses.create({
        model,
        input: topic,
        text: { format: { type: "json_schema", ...format } },
      });
      const chat = await client.chat.completions.create({
        model,
        messages: [{ role: "user", content: topic }],
        response_format: { type: "json_schema", json_schema: format },
      });
      expect(chat.choices[0]?.message.content).toBe(response.output_text);
      expect(schema.safeParse(JSON.parse(response.output_text)).error?.issues).toBeUndefined();
      expect(distinctLists(JSON.parse(response.output_text))).toBe(true);
    },
  );

  test("fields are filled with what their names say", async () => {
    const { client } = await start();
    const ask = async (data: object) => {
      const { $schema: _, ...schema } = z.toJSONSchema(Outline);
      const format = { type: "json_schema" as const, name: "outline", schema };
      const { output_text } = await client.responses.create({ model, input: block(data), text: { format } });
      return Outline.parse(JSON.parse(output_text));
    };
    for (const language of ["en", "de", "ja"]) {
      const outline = await ask({
        title: "Bees in the city",
        focusKeyword: "city bees",
        targetWords: 803,
        language,
      });
      expect(outline.focusKeyword).toBe("city bees");
      expect(outline.metaTitle.toLowerCase()).toContain("city bees");
      expect(outline.metaTitle.length).toBeLessThanOrEqual(60);
      expect(outline.metaDescription).toContain("city bees");
      expect(outline.metaDescription.length).toBeGreaterThanOrEqual(120);
      expect(outline.metaDescription.length).toBeLessThanOrEqual(156);
      const { sections } = outline;
      expect([4, 5, 6]).toContain(sections.length);
      expect(sections.map(({ id }) => id)).toEqual(sections.map((_, index) => `s${index + 1}`));
      expect(new Set(sections.map(({ heading }) => heading)).size).toBe(sections.length);
      expect(sections.reduce((sum, { targetWords }) => sum + targetWords, 0)).toBe(803);
    }
    const kept = await ask({
      title: "How to keep bees on a small balcony",
      audience: "Tenants with <b>no</b> garden",
    });
    expect(kept.title).toBe("How to keep bees on a small balcony");
    expect(kept.audience).toBe("Tenants with no garden");
  });

  test("complaints are none where the schema permits", async () => {
    const { client } = await start();
    const { $schema: _, ...schema } = z.toJSONSchema(Findings);
    const format = { type: "json_schema" as const, name: "findings", schema };
    const { output_text } = await client.responses.create({ model, input: topic, text: { format } });
    expect(JSON.parse(output_text)).toMatchObject({ claims: [], patches: [], issues: [expect.any(String)] });
  });

  test("a cut object is incomplete", async () => {
    const { client } = await start();
    const format = { type: "json_object" as const };
    const cut = await client.responses.create({ model, input: topic, text: { format }, max_output_tokens: 20 });
    expect(cut.status).toBe("incomplete");
    const whole = await client.responses.create({ model, input: topic, text: { format } });
    expect(JSON.parse(whole.output_text)).toEqual({ title: expect.any(String), text: expect.any(String) });
  });

  test.each([
    { $ref: "#/$defs/missing" },
    { $ref: "#" },
    { allOf: [{ $ref: "#" }, { $ref: "#" }] },
    { type: "array", minItems: 1e12, items: { type: "string" } },
    { type: "object", properties: { again: { $ref: "#" } }, required: ["again"] },
  ])("a schema that nothing can satisfy is refused: %j", async (schema) => {
    const { client } = await start();
    const format = { type: "json_schema" as const, name: "odd", schema };
    const asked = client.responses.create({ model, input: topic, text: { format } });
    await expect(asked).rejects.toMatchObject({ status: 400, type: "invalid_request_error" });
  });
});

describe("the server", () => {
  test("lists its model", async () => {
    const { client } = await start();
    expect((await client.models.list()).data).toMatchObject([{ id: "demo-1", object: "model" }]);
  });

  test.each([
    ["POST", "/responses", "{", 400, null, null],
    ["POST", "/responses", "[]", 400, null, null],
    ["POST", "/responses", '{"input":"x"}', 400, "model", "missing_required_parameter"],
    ["POST", "/responses", '{"model":"m"}', 400, "input", "missing_required_parameter"],
    [
      "POST",
      "/responses",
      '{"model":"m","input":"x","max_output_tokens":0}',
      400,
      "max_output_tokens",
      "invalid_value",
    ],
    ["POST", "/chat/completions", '{"model":"m","messages":[]}', 400, "messages", "invalid_value"],
    [
      "POST",
      "/chat/completions",
      '{"messages":[{"role":"user","content":"x"}]}',
      400,
      "model",
      "missing_required_parameter",
    ],
    ["POST", "/embeddings", "{}", 404, null, null],
    ["GET", "/responses", undefined, 404, null, null],
    ["POST", "/responses", `"${"x".repeat(5_000_000)}"`, 413, null, null],
  ])("refuses %s %s, case %#", async (method, path, body, status, param, code) => {
    const { demo } = await start();
    const answer = await fetch(`${demo.baseURL}${path}`, { method, ...(body ? { body } : {}) });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("x-request-id")).toMatch(/^req_/);
    expect(await answer.json()).toEqual({
      error: { message: expect.any(String), type: "invalid_request_error", param, code },
    });
    expect(demo.calls.open()).toBe(0);
  });

  test("keeps a log, and tells its hooks what is asked before the answer begins", async () => {
    const asked: { user: string; system: string }[] = [];
    const { demo, client } = await start({ onRequest: (prompt) => void asked.push(prompt) });
    await client.responses.create({ model, instructions: "Rules.", input: "Bees" });
    await client.models.list();
    expect(asked).toEqual([{ system: "Rules.", user: "Bees" }]);
    expect(demo.calls.requests()).toEqual([
      { method: "POST", path: "/v1/responses", at: expect.any(Date) },
      { method: "GET", path: "/v1/models", at: expect.any(Date) },
    ]);
  });

  test("a client that leaves before the answer begins frees the generation", async () => {
    const arrived = Promise.withResolvers<void>();
    const { demo, client } = await start({
      onRequest: () => {
        arrived.resolve();
        return new Promise(() => {});
      },
    });
    const cancel = new AbortController();
    const asked = client.responses.create({ model, input: topic }, { signal: cancel.signal });
    await arrived.promise;
    expect(demo.calls.open()).toBe(1);
    cancel.abort();
    await expect(asked).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    await until(() => demo.calls.open() === 0);
  });

  test("closing it breaks off what is still being written", async () => {
    const { demo, client } = await start({ onChunk: holdAfter(2) });
    const stream = await client.responses.create({ model, input: topic, stream: true });
    const read = (async () => {
      for await (const event of stream) if (event.sequence_number === 5) await demo.close();
    })();
    await expect(read).rejects.toThrow();
    expect(demo.calls.open()).toBe(0);
    open = [];
  });

  test("a failing hook is answered with a 500", async () => {
    const { client } = await start({ onRequest: () => Promise.reject(new Error("no")) });
    await expect(client.responses.create({ model, input: topic })).rejects.toMatchObject({ status: 500 });
  });
});

describe("npm run sim", () => {
  const script = fileURLToPath(new URL("../../scripts/sim.ts", import.meta.url));
  const run = (...args: string[]) => spawn(process.execPath, ["--no-warnings", prelude, script, ...args]);

  test.each(["SIGINT", "SIGTERM"] as const)(
    "prints its base URL, answers, and ends cleanly on %s",
    async (signal) => {
      const sim = run("--port", "0");
      const ended = once(sim, "exit");
      let printed = "";
      for await (const part of sim.stdout) {
        printed += part;
        if (printed.includes("Ctrl-C")) break;
      }
      const baseURL = printed.split("\n", 1)[0] ?? "";
      expect(baseURL).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
      expect((await fetch(`${baseURL}/models`)).status).toBe(200);
      sim.kill(signal);
      expect(await ended).toEqual([0, null]);
    },
  );

  test("says what is wrong with its options", async () => {
    const sim = run("--port", "many");
    const [[code], said] = await Promise.all([once(sim, "exit"), sim.stderr.toArray()]);
    expect(code).toBe(1);
    expect(said.join("")).toContain('--port must be a whole number from 0 to 65535, not "many".');
  });
});

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  return await Array.fromAsync(items);
}

/** Lets some chunks pass and then none any more. */
function holdAfter(chunks: number): () => Promise<void> | void {
  let passed = 0;
  return () => {
    passed += 1;
    return passed > chunks ? new Promise(() => {}) : undefined;
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate();
}

function wordsOf(text: string, language: string): number {
  const segments = new Intl.Segmenter(language, { granularity: "word" }).segment(text);
  return [...segments].filter(({ isWordLike }) => isWordLike).length;
}

function distinctLists(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value) && new Set(value.map((item) => JSON.stringify(item))).size < value.length) return false;
  return Object.values(value).every(distinctLists);
}

import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { z } from "zod";
import type { PhaseContext } from "../../src/author/index.ts";
import type { JobEvent } from "../../src/generation/history/events.ts";
import { answering, counts, dialects } from "../support/dialects.ts";
import { type FaultServer, startFaultServer } from "../support/fault-server.ts";
import { eventually, hurry, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { walkHistory } from "../support/history.ts";
import { relay } from "../support/types.ts";

const { begin, text, end } = dialects.chat;
const prompt = { system: "", user: "go", maxOutputTokens: 100 };

let server: FaultServer;
let galley: TestGalley;
beforeEach(async () => {
  server = await startFaultServer();
});
afterEach(async () => {
  await galley.close();
  await server.close();
});

type Given = PhaseContext<{ text: string }>;
async function start(write: (given: Given) => Promise<string>): Promise<string> {
  const first = async (given: Given) => ({ text: await given.step("text", 1, () => write(given)) });
  const env = { OPENAI_BASE_URL: server.url, OPENAI_MODEL: "gpt-6-sol", MODEL_API: "chat" };
  galley = await startTestGalley({ jobTypes: [relay({ first })], env });
  return (await galley.service.submit("local", { type: "relay", input: { text: "go" } })).job.id;
}

const events = async (id: string) =>
  (await galley.service.readEvents(await galley.service.find("local", id), 0)) as unknown as JobEvent[];
const deltas = async (id: string) =>
  (await events(id)).flatMap((event) => (event.type === "text" ? [event.data.delta] : []));
const streamed = async (id: string) => walkHistory(await events(id), ["first", "second"]).texts.get("first text");

/** An answer whose pieces the test sends one by one. */
function dictate(): { send(...lines: string[]): void; cut(): void } {
  const response = Promise.withResolvers<import("node:http").ServerResponse>();
  server.script((given) => {
    given.writeHead(200, { "content-type": "text/event-stream" });
    response.resolve(given);
  });
  return {
    send: (...lines) => void response.promise.then((given) => given.write(lines.join(""))),
    cut: () => void response.promise.then((given) => given.socket?.destroy()),
  };
}

test("text is streamed while it is written, in pieces that are not too small, and adds up to what is kept", async () => {
  const answer = dictate();
  const id = await start(({ model }) => model.text(prompt));
  answer.send(...begin(), ...text("Once "), ...text("upon "), ...text("a "));
  await eventually(
    () => deltas(id),
    (told) => told.join("") === "Once upon a ",
  );
  expect((await deltas(id)).length).toBeLessThan(3);
  answer.send(...text("time"), ...end("complete", counts));
  await whenFinished(galley, id);
  expect(await streamed(id)).toBe("Once upon a time");
  expect((await events(id)).find(({ type }) => type === "text")).toMatchObject({
    data: { phase: "first", attempt: 1, step: "text" },
  });
});

test("a second attempt's text stands in place of the first one's", async () => {
  const answer = dictate();
  const id = await start(({ model }) => model.text(prompt));
  answer.send(...begin(), ...text("Twice "));
  await eventually(
    () => deltas(id),
    (told) => told.length === 1,
  );
  server.script(answering("Once"));
  answer.cut();
  await eventually(
    () => galley.service.find("local", id),
    (job) => job.nextAttemptAt !== null || job.attempts === 2,
  );
  await hurry(galley, id);
  await whenFinished(galley, id);
  expect(await deltas(id)).toEqual(["Twice ", "Once"]);
  expect(await streamed(id)).toBe("Once");
});

test("a second call in the same step takes back what the first one streamed", async () => {
  const answer = dictate();
  server.script(answering("Once"));
  const id = await start(async ({ model }) => {
    await model.text(prompt);
    return await model.text(prompt);
  });
  answer.send(...begin(), ...text("Draft"));
  await eventually(
    () => deltas(id),
    (told) => told.length === 1,
  );
  answer.send(...end("complete", counts));
  await whenFinished(galley, id);
  expect((await events(id)).filter(({ type }) => type === "step_started")).toHaveLength(2);
  expect(await streamed(id)).toBe("Once");
});

test("a character that comes in two halves is streamed whole, and NUL is left out", async () => {
  const answer = dictate();
  const id = await start(({ model }) => model.text(prompt));
  answer.send(...begin(), ...text("a\ud83d"));
  await eventually(
    () => deltas(id),
    (told) => told.join("") === "a",
  );
  answer.send(...text("\ude00b\0c"), ...end("complete", counts));
  const done = await whenFinished(galley, id);
  expect(await streamed(id)).toBe("a😀bc");
  expect(done.resultData).toEqual({ text: "a😀bc second" });
});

test("escapes in the model's JSON that PostgreSQL cannot keep are cleaned like text, and paid for once", async () => {
  const answer = dictate();
  const schema = z.object({ text: z.string() });
  const id = await start(async ({ model }) => (await model.object({ ...prompt, name: "answer", schema })).text);
  answer.send(...begin(), ...text('{"text":"a\\u0000b \\ud83d c"}'), ...end("complete", counts));
  expect(await whenFinished(galley, id)).toMatchObject({
    status: "completed",
    attempts: 1,
    resultData: { text: "ab \ufffd c second" },
  });
});

test("who waits for the job to change is not woken by its text", async () => {
  const answer = dictate();
  const id = await start(({ model }) => model.text(prompt));
  answer.send(...begin(), ...text("Once "));
  await eventually(
    () => deltas(id),
    (told) => told.length === 1,
  );
  let isAnswered = false;
  const poll = request(galley.url)
    .get(`/v1/jobs/${id}`)
    .set("Prefer", "wait=20")
    .then(({ body }) => {
      isAnswered = true;
      return body;
    });
  // Each piece is told before the next one is sent.
  for (const piece of ["upon ", "a ", "time"]) {
    const before = (await deltas(id)).join("");
    answer.send(...text(piece));
    await eventually(
      () => deltas(id),
      (told) => told.join("") === before + piece,
    );
  }
  expect(isAnswered).toBe(false);
  answer.send(...end("complete", counts));
  expect(await poll).toMatchObject({ tokens: { output: counts.output } });
});

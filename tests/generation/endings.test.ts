import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import request from "supertest";
import { z } from "zod";
import { defineJob, definePhase, PermanentError, type PhaseContext } from "../../src/author/index.ts";
import { describeError } from "../../src/log/log.ts";
import { startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";

type Run = (context: PhaseContext<unknown>) => Promise<unknown>;
let run: Run = async () => null;
let record: () => Promise<object> = async () => ({});
let runs = 0;

const Loose = z.unknown();
const loose = defineJob({
  type: "loose",
  description: "For tests.",
  input: Loose,
  phases: [
    definePhase({
      name: "giving",
      input: Loose,
      output: Loose,
      retryLimit: 1,
      run: (context) => {
        runs++;
        return run(context);
      },
    }),
  ],
  record: () => record(),
});
const strict = defineJob({
  type: "strict",
  description: "For tests.",
  input: Loose,
  phases: [
    definePhase({
      name: "giving",
      input: Loose,
      output: z.object({ sections: z.array(z.object({ body: z.string() })) }),
      retryLimit: 0,
      run: async (context) => (await run(context)) as never,
    }),
  ],
});

let galley: TestGalley;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [loose, strict], env: { MAX_OUTPUT_MIB: "1" } });
});
afterEach(() => {
  record = async () => ({});
  runs = 0;
});
afterAll(() => galley.close());

async function finish(handler: Run, type = "loose") {
  run = handler;
  const { body } = await request(galley.url).post("/v1/jobs").send({ type, input: {} });
  await whenFinished(galley, body.id);
  return (await request(galley.url).get(`/v1/jobs/${body.id}`)).body;
}

test("what PostgreSQL cannot store is mended, in keys and in values, and an escape that is text stays", async () => {
  const job = await finish(async () => ({ "a\0b": "x\0y", half: "\ud83d", whole: "😀", text: "\\u0000" }));
  expect(job).toMatchObject({
    status: "completed",
    result: { ab: "xy", half: "\ufffd", whole: "😀", text: "\\u0000" },
  });
});

test("a step whose key and output cannot be stored is paid once", async () => {
  let paid = 0;
  const job = await finish(async ({ step, attempt }) => {
    const given = await step("key\0", {}, async () => ({ paid: ++paid, text: "x\0y" }));
    if (attempt === 1) throw new Error("once more");
    return given;
  });
  expect(job).toMatchObject({ status: "completed", result: { paid: 1, text: "xy" } });
});

test("an output that is too large fails the job at once, and says how large it was", async () => {
  const job = await finish(async () => "x".repeat(1_500_000));
  expect(job).toMatchObject({
    status: "failed",
    attempts: 1,
    error: {
      code: "internal",
      retryable: false,
      message: 'The output of "giving" has 1.4 MiB; at most 1.0 MiB can be kept (MAX_OUTPUT_MIB).',
    },
  });
});

test("a step's output that is too large fails the job too", async () => {
  const job = await finish(({ step }) => step("huge", {}, async () => "x".repeat(1_500_000)));
  expect(job.error.message).toBe(
    'The output of the step "huge" has 1.4 MiB; at most 1.0 MiB can be kept (MAX_OUTPUT_MIB).',
  );
});

test("an output that JSON cannot say fails the job", async () => {
  const job = await finish(async () => ({ count: 10n }));
  expect(job).toMatchObject({
    status: "failed",
    attempts: 1,
    error: { message: 'The output of "giving" cannot be written as JSON.' },
  });
});

test("a record that throws is the attempt's own failure, and another attempt follows", async () => {
  let failures = 1;
  record = async () => {
    if (failures-- > 0) throw new Error("the shelf is full");
    return {};
  };
  const job = await finish(async () => "text");
  expect(job).toMatchObject({ status: "completed", attempts: 2 });
  expect(runs).toBe(2);
});

test("a record that throws a PermanentError fails the job with its message", async () => {
  record = async () => {
    throw new PermanentError("The shelf is gone.");
  };
  const job = await finish(async () => "text");
  expect(job).toMatchObject({ status: "failed", attempts: 1, error: { message: "The shelf is gone." } });
  expect(runs).toBe(1);
});

test("an output that does not fit its schema is reported with its place and what was expected", async () => {
  const job = await finish(async () => ({ sections: [{ body: "secret" }, { body: 7 }] }), "strict");
  expect(job.error).toMatchObject({
    code: "internal",
    message: 'The output of "giving" does not fit its schema.',
    detail: "sections.1.body: Invalid input: expected string, received number",
  });
});

test("the log says what a handler threw, and nothing of a statement's parameters", () => {
  const thrown = describeError(new TypeError("Cannot read properties of undefined (reading 'title')"));
  expect(thrown).toMatchObject({
    name: "TypeError",
    message: "Cannot read properties of undefined (reading 'title')",
  });
  const cause = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:5432"), { code: "ECONNREFUSED" });
  expect(describeError(cause)).toMatchObject({ code: "ECONNREFUSED", message: cause.message });
  let unreadable: unknown;
  try {
    JSON.parse("a secret text");
  } catch (error) {
    unreadable = error;
  }
  expect(JSON.stringify(describeError(unreadable))).not.toContain("secret");
});

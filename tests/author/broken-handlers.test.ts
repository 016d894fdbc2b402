import { setTimeout as delay } from "node:timers/promises";
import { afterAll, expect, test } from "@jest/globals";
import { defineJob, definePhase, JobError, type JobType, type PhaseContext } from "galley/author";
import { findBreaches } from "galley/testing";
import { z } from "zod";

const Input = z.object({ subject: z.string() });
const Anything = z.unknown();
type Context = PhaseContext<z.output<typeof Input>>;

const promptFor = ({ input }: Context) => ({ system: "You write.", user: input.subject, maxOutputTokens: 100 });
const write = (context: Context, key = "text", input: unknown = context.input) =>
  context.step(key, input, () => context.model.text(promptFor(context)));

/** A type of one phase. By default it does nothing wrong. */
function typeOf(run: (context: Context) => Promise<unknown>, output: z.ZodType = Anything): JobType {
  const phase = definePhase({ name: "writing", input: Input, output, run });
  const about = { type: "broken", description: "For tests.", input: Input, example: { subject: "Rain" } };
  return defineJob({ ...about, phases: [phase] });
}
const good = (context: Context) => write(context).then((text) => ({ text }));

test("a handler without a fault has no breach", async () => {
  expect(await findBreaches(typeOf(good))).toEqual([]);
});

let runs = 0;
let isOver = false;
afterAll(() => {
  isOver = true;
});

test.each<[string, (context: Context) => Promise<unknown>, RegExp]>([
  [
    "asks the model outside of a step",
    async (context) => ({ text: await context.model.text(promptFor(context)) }),
    /^writing: its example does not run: PermanentError: .*outside of a step/,
  ],
  [
    "throws for any input",
    () => Promise.reject(new TypeError("no")),
    /^writing: its example does not run: TypeError: no/,
  ],
  [
    "names its steps by the moment",
    async (context) => ({ text: await write(context, `text:${performance.now()}`) }),
    /^writing: the step "text:[\d.]+" has another key or input in each run$/,
  ],
  [
    "gives a step another input in another attempt",
    async (context) => ({ text: await write(context, "text", context.attempt) }),
    /^writing: run again after 1 of 1 steps, the step "text" has another key or input$/,
  ],
  [
    "gives something else each time",
    async (context) => ({ text: await write(context), runs: runs++ }),
    /^run again after 0 of 1 steps: gives another output$/,
  ],
  [
    "gives a Date",
    async (context) => ({ text: await write(context), at: new Date(0) }),
    /^writing: its output does not survive JSON: \/at \(Date\)$/,
  ],
  [
    "gives what is not a number",
    async (context) => ({ texts: [await write(context), Number.NaN] }),
    /^writing: its output does not survive JSON: \/texts\/1 \(NaN\)$/,
  ],
  [
    "lets its progress fall",
    async (context) => {
      await context.progress({ done: 2, of: 3 });
      await context.progress({ done: 1, of: 3 });
      return await good(context);
    },
    /^writing: its progress falls from 2 of 3 to 1 of 3$/,
  ],
  [
    "reports more than there is",
    async (context) => {
      await context.progress({ done: 4, of: 3 });
      return await good(context);
    },
    /^writing: reports progress 4 of 3$/,
  ],
  [
    "tries again and again when it is stopped",
    async (context) => {
      while (!isOver) {
        const text = await write(context).catch(() => delay(20, null));
        if (text !== null) return { text };
      }
      return {};
    },
    /^writing: still runs 0.5 s after its signal was aborted$/,
  ],
  [
    "stumbles over an empty answer",
    async (context) => ({ first: (await write(context)).split(" ")[1]?.slice(0, 1).toUpperCase() ?? explode() }),
    /^writing, answered nothing at all: throws TypeError/,
  ],
  [
    "keeps an answer that it cannot use",
    async (context) => {
      const text = await write(context);
      if (text.trim() === "") throw new JobError("invalid_output", "Nothing was written.");
      return { text };
    },
    /^writing, answered nothing at all: cannot go on when the model answers well again/,
  ],
])("a handler that %s is found", async (_, run, breach) => {
  const found = await findBreaches(typeOf(run), { ceilingSeconds: 0.5 });
  expect(found).toContainEqual(expect.stringMatching(breach));
});

test("an output that does not fit its schema, for what a model may answer, is found", async () => {
  const found = await findBreaches(typeOf(good, z.object({ text: z.string().min(1) })));
  expect(found).toEqual([
    expect.stringMatching(
      /^writing, answered nothing at all: its output does not fit its schema \(ZodError: text: /,
    ),
  ]);
});

test("an output that its schema changes each time it reads it is found", async () => {
  const louder = z.object({ text: z.string().transform((text) => `${text}!`) });
  expect(await findBreaches(typeOf(good, louder))).toEqual([
    "writing: its output is another one when its schema reads it again",
  ]);
});

test("a type without an example, or with one that does not fit, is found", async () => {
  const { example: _, ...without } = typeOf(good);
  expect(await findBreaches(without)).toEqual(["it has no example: give defineJob one"]);
  const [misfit] = await findBreaches({ ...without, example: { subject: 7 } });
  expect(misfit).toMatch(/^its example does not fit its input: ZodError: subject:/);
});

function explode(): never {
  throw new TypeError("nothing to take a letter from");
}

import { defineJob, definePhase } from "galley/author";
import { z } from "zod";
import type { Chain } from "../../src/author/define.ts";

const Words = z.object({ words: z.array(z.string()) });
const Count = z.object({ count: z.number() });

const split = definePhase({
  name: "split",
  input: z.object({ text: z.string() }),
  output: Words,
  async run({ input }) {
    return { words: input.text.split(" ") };
  },
});
const count = definePhase({
  name: "count",
  input: Words,
  output: Count,
  async run({ input }) {
    return { count: input.words.length };
  },
});

export const fits = defineJob({
  type: "fits",
  description: "A chain that fits.",
  input: z.object({ text: z.string() }),
  phases: [split, count],
  record: async (_tx, _job, output) => ({ wordCount: output.count }),
});

export const wrongOrder = defineJob({
  type: "wrong_order",
  description: "A chain whose schemas do not fit must not compile.",
  input: z.object({ text: z.string() }),
  // @ts-expect-error: count does not accept { text }
  phases: [count, split],
});

export const wrongInput = defineJob({
  type: "wrong_input",
  description: "The first phase must accept the type's input.",
  input: z.object({ body: z.string() }),
  // @ts-expect-error: split does not accept { body }
  phases: [split, count],
});

/** What the compiler says of a chain that does not fit names both sides. */
export const said: Chain<
  { text: string },
  'the input of the type "turns"',
  [typeof split, typeof count, typeof split]
> = [split, count, { "this chain does not fit": 'The phase "split" does not accept the output of "count".' }];

/** Name, input and result survive. */
export const known: "fits" = fits.type;
export const given: z.input<typeof fits.input> = { text: "" };
export const result: NonNullable<typeof fits.record> = async (_tx, _job, output) => ({ wordCount: output.count });
// @ts-expect-error: the result has no such field
export const wrongResult: typeof result = async (_tx, _job, { words }) => ({ wordCount: words });

export const wrongOutput = definePhase({
  name: "wrong_output",
  input: Words,
  output: Count,
  // @ts-expect-error: a phase must return its output
  async run() {
    return { count: "three" };
  },
});

/** A phase that may be left out gives what it is given: the job may end with that. */
export const optional = definePhase({
  name: "optional",
  input: Count,
  output: Count.extend({ more: z.number().optional() }),
  when: ({ count }) => count > 1,
  run: async ({ input }) => ({ ...input, more: 1 }),
});
export const notOptional = definePhase({
  name: "not_optional",
  input: Words,
  output: Count,
  // @ts-expect-error: a job that leaves it out would end with { words }, which is no { count }
  when: ({ words }: { words: string[] }) => words.length > 1,
  run: async ({ input }) => ({ count: input.words.length }),
});

import { z } from "zod";
import { defineJob, definePhase } from "../../src/author/index.ts";

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

export const wrongOutput = definePhase({
  name: "wrong_output",
  input: Words,
  output: Count,
  // @ts-expect-error: a phase must return its output
  async run() {
    return { count: "three" };
  },
});

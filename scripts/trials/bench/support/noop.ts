import { z } from "zod";
import { defineJob, definePhase } from "../../../../src/author/index.ts";

const Nothing = z.object({});
const phase = <const Name extends string>(name: Name) =>
  definePhase({ name, input: Nothing, output: Nothing, run: async () => ({}) });

/** Five phases that do nothing: what is left is what Galley itself costs. */
export const noop = defineJob({
  type: "noop",
  description: "Does nothing.",
  input: Nothing,
  phases: [phase("one"), phase("two"), phase("three"), phase("four"), phase("five")],
});

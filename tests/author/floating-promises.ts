import { definePhase } from "galley/author";
import { z } from "zod";

/** The linter refuses a forgotten await: each of these comments is an error if there is nothing to refuse. */
export const forgetful = definePhase({
  name: "forgetful",
  input: z.object({}),
  output: z.object({}),
  async run({ input, step, progress, model }) {
    // oxlint-disable-next-line typescript/no-floating-promises
    step("one", 1, async () => 1);
    // oxlint-disable-next-line typescript/no-floating-promises
    progress({ done: 1, of: 2 });
    // oxlint-disable-next-line typescript/no-floating-promises
    model.text({ system: "", user: "", maxOutputTokens: 1 });
    return input;
  },
});

import type { Shape } from "../shape.ts";

/** No details of the usage, and its own timings. */
export const llamaCpp: Shape = {
  begin: () => (chunk) => {
    if (!chunk.usage) return [chunk];
    const { prompt_tokens, completion_tokens, total_tokens } = chunk.usage;
    return [{ ...chunk, usage: { prompt_tokens, completion_tokens, total_tokens }, timings: { predicted_n: 1 } }];
  },
};

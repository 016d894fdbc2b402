import type { Shape } from "../shape.ts";

/** What was thought in the total alone, and the cost in ticks. */
export const xai: Shape = {
  begin: () => (chunk) => {
    if (!chunk.usage) return [chunk];
    const total = Number(chunk.usage.total_tokens) + 300;
    return [{ ...chunk, usage: { ...chunk.usage, total_tokens: total, cost_in_usd_ticks: 1_234_567 } }];
  },
};

import type { Shape } from "../shape.ts";

/** Capital letters for how an answer ends, and what was thought in the total alone. */
export const gemini: Shape = {
  begin: () => (chunk) => [
    {
      ...chunk,
      choices: chunk.choices.map((choice) => ({
        ...choice,
        finish_reason: choice.finish_reason?.toUpperCase() ?? null,
      })),
      ...(chunk.usage ? { usage: { ...chunk.usage, total_tokens: Number(chunk.usage.total_tokens) + 50 } } : {}),
    },
  ],
};

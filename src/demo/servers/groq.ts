import type { Shape } from "../shape.ts";

/** Fields of its own in every chunk, and the usage in one of them too. */
export const groq: Shape = {
  begin: () => (chunk) => [{ ...chunk, x_groq: { id: "req_01", ...(chunk.usage ? { usage: chunk.usage } : {}) } }],
};

import { type Shape, withDelta } from "../shape.ts";

/** Comments before the first event, what was thought in a field of its own, and the cost. */
export const openrouter: Shape = {
  before: ": OPENROUTER PROCESSING\n\n".repeat(5),
  begin: () => (chunk) => [
    {
      ...withDelta(chunk, { reasoning: null, reasoning_details: [] }),
      provider: "Demo",
      ...(chunk.usage ? { usage: { ...chunk.usage, cost: 0.00001 } } : {}),
    },
  ],
};

import type { Shape } from "../shape.ts";
import { thinkingBefore } from "../thinking.ts";

/** Without a parser: the beginning of what it thinks stands in its prompt, and only the end comes. */
export const vllm: Shape = { begin: () => thinkingBefore("The user asks.\n</think>\n\n") };

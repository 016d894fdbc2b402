import { type Shape, withPromptsSchema } from "../shape.ts";
import { thinkingBefore } from "../thinking.ts";

/** Ignores the newer name of the token cap, and here a schema too; what it thinks between tags in the text. */
export const ollama: Shape = {
  read: ({ max_completion_tokens: _, ...body }) => withPromptsSchema(body),
  begin: () => thinkingBefore("<think>\nThe user asks.\n</think>\n\n"),
};

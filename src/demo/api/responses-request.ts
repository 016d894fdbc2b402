import { z } from "zod";
import { jsonSchema, message, schemaName, tokenLimit } from "./request.ts";

const format = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("text") }),
  z.looseObject({ type: z.literal("json_object") }),
  z.looseObject({ type: z.literal("json_schema"), name: schemaName, schema: jsonSchema }),
]);

/** The body of `POST /v1/responses`. */
export const responsesRequest = z.looseObject({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(message).min(1)]),
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
  max_output_tokens: tokenLimit,
  text: z.looseObject({ format: format.nullish() }).nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  prompt_cache_key: z.string().nullish(),
  store: z.boolean().nullish(),
});

export type ResponsesRequest = z.infer<typeof responsesRequest>;

import { z } from "zod";
import type { Api } from "./api.ts";
import { anyObject, jsonSchema, message, parseBody, schemaName, textOf, tokenLimit } from "./request.ts";
import { responseEvents } from "./response-events.ts";
import { beginResponse } from "./response-object.ts";

const format = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("text") }),
  z.looseObject({ type: z.literal("json_object") }),
  z.looseObject({ type: z.literal("json_schema"), name: schemaName, schema: jsonSchema }),
]);

const request = z.looseObject({
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

export type ResponsesRequest = z.infer<typeof request>;

/** `POST /v1/responses` */
export const responses: Api<ResponsesRequest> = {
  read(body) {
    const asked = parseBody(request, body);
    const messages = typeof asked.input === "string" ? [{ role: "user", content: asked.input }] : asked.input;
    const prompt = {
      model: asked.model,
      system: [asked.instructions ?? "", textOf(messages, ["system", "developer"])].filter(Boolean).join("\n\n"),
      user: textOf(messages, ["user"]),
      schema: schemaOf(asked.text?.format),
      maxOutputTokens: asked.max_output_tokens ?? null,
      stream: asked.stream ?? false,
    };
    return { asked, prompt };
  },
  whole: (asked, draft) => beginResponse(asked).ended(draft),
  events: responseEvents,
};

function schemaOf(asked: NonNullable<ResponsesRequest["text"]>["format"]) {
  if (asked?.type === "json_object") return anyObject;
  return asked?.type === "json_schema" ? asked.schema : null;
}

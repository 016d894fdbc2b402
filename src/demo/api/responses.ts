import type { Api } from "./api.ts";
import { anyObject, parseBody, textOf } from "./request.ts";
import { responseEvents } from "./response-events.ts";
import { beginResponse } from "./response-object.ts";
import { type ResponsesRequest, responsesRequest } from "./responses-request.ts";

/** `POST /v1/responses` */
export const responses: Api<ResponsesRequest> = {
  read(body) {
    const asked = parseBody(responsesRequest, body);
    const messages = typeof asked.input === "string" ? [{ role: "user", content: asked.input }] : asked.input;
    const prompt = {
      model: asked.model,
      system: [asked.instructions ?? "", textOf(messages, ["system", "developer"])].filter(Boolean).join("\n\n"),
      user: textOf(messages, ["user"]),
      schema: schemaOf(asked.text?.format),
      schemaName: asked.text?.format?.type === "json_schema" ? asked.text.format.name : null,
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

import type { ResponseStreamEvent } from "openai/resources/responses/responses";
import type { Draft } from "../draft.ts";
import { beginResponse, textPart, type WireResponse } from "./response-object.ts";
import type { ResponsesRequest } from "./responses-request.ts";

/** The events of an answer of text, in the order in which the real API sends them. */
export async function* responseEvents(
  asked: ResponsesRequest,
  draft: Draft,
  chunks: AsyncIterable<string>,
): AsyncGenerator<string> {
  const response = beginResponse(asked);
  const item = { output_index: 0 };
  const part = { ...item, item_id: response.itemId, content_index: 0 };
  let sent = 0;
  function event(body: WireEvent): string {
    const json = JSON.stringify({ ...body, sequence_number: sent });
    sent += 1;
    return `event: ${body.type}\ndata: ${json}\n\n`;
  }

  yield event({ type: "response.created", response: response.started });
  yield event({ type: "response.in_progress", response: response.started });
  yield event({ type: "response.output_item.added", ...item, item: response.startedItem });
  yield event({ type: "response.content_part.added", ...part, part: textPart("") });
  for await (const delta of chunks) {
    yield event({ type: "response.output_text.delta", ...part, delta, logprobs: [] });
  }
  yield event({ type: "response.output_text.done", ...part, text: draft.text, logprobs: [] });
  yield event({ type: "response.content_part.done", ...part, part: textPart(draft.text) });
  yield event({ type: "response.output_item.done", ...item, item: response.endedItem(draft) });
  yield event({
    type: draft.truncated ? "response.incomplete" : "response.completed",
    response: response.ended(draft),
  });
}

/** An event of the SDK's types, as it is on the wire and before it is numbered. */
type WireEvent = OnWire<ResponseStreamEvent>;

type OnWire<Event> = Event extends { response: object }
  ? Omit<Event, "response" | "sequence_number"> & { response: WireResponse }
  : Omit<Event, "sequence_number">;

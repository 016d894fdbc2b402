import type { Response, ResponseOutputMessage, ResponseOutputText } from "openai/resources/responses/responses";
import type { Draft } from "../draft.ts";
import { newId, nowInSeconds } from "./api.ts";
import type { ResponsesRequest } from "./responses-request.ts";

/** The response as it is on the wire. The SDK adds `output_text` on the client's side. */
export type WireResponse = Omit<Response, "output_text">;

/** A response with its one message, as it looks before, while and after the text is written. */
export type ResponseInProgress = {
  itemId: string;
  started: WireResponse;
  startedItem: ResponseOutputMessage;
  ended(draft: Draft): WireResponse;
  endedItem(draft: Draft): ResponseOutputMessage;
};

export function beginResponse(asked: ResponsesRequest): ResponseInProgress {
  const itemId = newId("msg_");
  const item = { id: itemId, type: "message", role: "assistant" } as const;
  const started = emptyResponse(asked);
  const endedItem = (draft: Draft): ResponseOutputMessage => ({
    ...item,
    status: draft.truncated ? "incomplete" : "completed",
    content: [textPart(draft.text)],
  });
  return {
    itemId,
    started,
    startedItem: { ...item, status: "in_progress", content: [] },
    endedItem,
    ended: (draft) => ({
      ...started,
      status: draft.truncated ? "incomplete" : "completed",
      completed_at: draft.truncated ? null : nowInSeconds(),
      incomplete_details: draft.truncated ? { reason: "max_output_tokens" } : null,
      output: [endedItem(draft)],
      usage: {
        input_tokens: draft.inputTokens,
        input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
        output_tokens: draft.outputTokens,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: draft.inputTokens + draft.outputTokens,
      },
    }),
  };
}

export function textPart(text: string): ResponseOutputText {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}

function emptyResponse(asked: ResponsesRequest): WireResponse {
  return {
    id: newId("resp_"),
    object: "response",
    created_at: nowInSeconds(),
    status: "in_progress",
    background: false,
    completed_at: null,
    error: null,
    incomplete_details: null,
    instructions: asked.instructions ?? null,
    max_output_tokens: asked.max_output_tokens ?? null,
    max_tool_calls: null,
    model: asked.model,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: null,
    prompt_cache_key: asked.prompt_cache_key ?? null,
    reasoning: { effort: null, summary: null },
    safety_identifier: null,
    service_tier: "default",
    temperature: 1,
    text: { format: asked.text?.format ?? { type: "text" }, verbosity: "medium" },
    tool_choice: "auto",
    tools: [],
    top_p: 1,
    truncation: "disabled",
    metadata: asked.metadata ?? {},
    access_programs: null,
  };
}

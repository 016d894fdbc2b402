import type { ChatCompletion, ChatCompletionChunk } from "openai/resources/chat/completions";
import type { CompletionUsage } from "openai/resources/completions";
import { z } from "zod";
import type { Draft } from "../draft.ts";
import { type Api, newId, nowInSeconds } from "./api.ts";
import { anyObject, jsonSchema, message, parseBody, schemaName, textOf, tokenLimit } from "./request.ts";

const format = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("text") }),
  z.looseObject({ type: z.literal("json_object") }),
  z.looseObject({
    type: z.literal("json_schema"),
    json_schema: z.looseObject({ name: schemaName, schema: jsonSchema.optional() }),
  }),
]);

const request = z.looseObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  max_completion_tokens: tokenLimit,
  max_tokens: tokenLimit,
  response_format: format.nullish(),
});

type Request = z.infer<typeof request>;

/** `POST /v1/chat/completions` */
export const chat: Api<Request> = {
  read(body) {
    const asked = parseBody(request, body);
    const prompt = {
      model: asked.model,
      system: textOf(asked.messages, ["system", "developer"]),
      user: textOf(asked.messages, ["user"]),
      schema: schemaOf(asked.response_format),
      schemaName: asked.response_format?.type === "json_schema" ? asked.response_format.json_schema.name : null,
      maxOutputTokens: asked.max_completion_tokens ?? asked.max_tokens ?? null,
      stream: asked.stream ?? false,
    };
    return { asked, prompt };
  },

  whole({ model }, draft): ChatCompletion {
    return {
      ...envelope(model),
      object: "chat.completion",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: draft.text, refusal: null, annotations: [] },
          logprobs: null,
          finish_reason: finishReason(draft),
        },
      ],
      usage: usage(draft),
    };
  },

  async *events({ model, stream_options }, draft, chunks) {
    const withUsage = stream_options?.include_usage ?? false;
    const shared = { ...envelope(model), object: "chat.completion.chunk" as const };
    const event = (chunk: Omit<ChatCompletionChunk, keyof typeof shared>) => data({ ...shared, ...chunk });
    const step = (delta: ChatCompletionChunk.Choice.Delta, finish_reason: "stop" | "length" | null) =>
      event({
        choices: [{ index: 0, delta, logprobs: null, finish_reason }],
        // With usage asked for, every chunk has the field, and the last one has the figures.
        ...(withUsage ? { usage: null } : {}),
      });

    yield step({ role: "assistant", content: "", refusal: null }, null);
    for await (const content of chunks) yield step({ content }, null);
    yield step({}, finishReason(draft));
    if (withUsage) yield event({ choices: [], usage: usage(draft) });
    yield "data: [DONE]\n\n";
  },
};

function schemaOf(asked: Request["response_format"]) {
  if (asked?.type === "json_object") return anyObject;
  return asked?.type === "json_schema" ? (asked.json_schema.schema ?? anyObject) : null;
}

function envelope(model: string) {
  return {
    id: newId("chatcmpl-"),
    created: nowInSeconds(),
    model,
    service_tier: "default" as const,
    system_fingerprint: "fp_galley_demo",
  };
}

function finishReason({ truncated }: Draft): "stop" | "length" {
  return truncated ? "length" : "stop";
}

function usage({ inputTokens, outputTokens }: Draft): CompletionUsage {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

function data(chunk: ChatCompletionChunk): string {
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

import type { OpenAI } from "openai";
import type { ChatCompletionCreateParamsStreaming } from "openai/resources/chat/completions";
import type { Abilities } from "../port/asking.ts";
import type { ModelOptions } from "../port/options.ts";
import type { GenerateRequest } from "../port/port.ts";
import { wireSchema } from "../port/schema.ts";
import { type Answer, outputOf, readUsage, statedCost, tierIn } from "./answer.ts";
import type { Wire } from "./stream.ts";

/** The Chat Completions API. */
export function chatWire(
  client: OpenAI,
  model: string,
  request: GenerateRequest,
  { maxTokensParam, json }: Abilities,
  { reasoningEffort, extraBody }: ModelOptions,
): Wire<Chunk> {
  const format = responseFormat(request.schema, json);
  return {
    model,
    open: (options) =>
      client.chat.completions.create(
        {
          ...extraBody,
          model,
          messages: [
            { role: "system", content: request.system },
            { role: "user", content: request.user },
          ],
          [maxTokensParam]: request.maxOutputTokens,
          stream: true,
          stream_options: { include_usage: true },
          ...(format ? { response_format: format } : {}),
          ...(request.cacheKey ? { prompt_cache_key: request.cacheKey } : {}),
          ...(reasoningEffort ? { reasoning_effort: reasoningEffort } : {}),
        },
        options,
      ),
    read,
  };
}

function responseFormat(
  schema: GenerateRequest["schema"],
  json: Abilities["json"],
): ChatCompletionCreateParamsStreaming["response_format"] | undefined {
  if (!schema || json === "none") return undefined;
  if (json === "json_object") return { type: "json_object" };
  const { name, zod } = schema;
  return { type: "json_schema", json_schema: { name, strict: true, schema: wireSchema(zod) } };
}

/** Mistral's reasoning models send parts, some of them of another type. */
type Content = string | ({ type?: string; text?: unknown } | null)[] | null;

/** What is read of a chunk. The SDK's types promise all of it, but other servers leave much of it out. */
type Chunk = {
  id?: unknown;
  model?: string;
  service_tier?: unknown;
  choices?: {
    delta?: { content?: Content; refusal?: string | null } | null;
    finish_reason?: string | null;
  }[];
  usage?: {
    prompt_tokens?: number;
    prompt_tokens_details?: { cached_tokens?: number; cache_write_tokens?: number } | null;
    completion_tokens?: number;
    total_tokens?: number;
    cost?: unknown;
    cost_in_usd_ticks?: unknown;
  } | null;
};

function read(chunk: Chunk, answer: Answer): string {
  answer.servedModel = chunk.model || answer.servedModel;
  answer.servedTier = tierIn(chunk) ?? answer.servedTier;
  answer.id ??= chunk.id;
  if (chunk.usage) {
    answer.usage = readUsage({
      input: chunk.usage.prompt_tokens,
      cachedInput: chunk.usage.prompt_tokens_details?.cached_tokens,
      cacheWrite: chunk.usage.prompt_tokens_details?.cache_write_tokens,
      output: outputOf(chunk.usage.prompt_tokens, chunk.usage.completion_tokens, chunk.usage.total_tokens),
    });
  }
  if (chunk.usage) answer.statedCost = statedCost(chunk.usage.cost, chunk.usage.cost_in_usd_ticks);
  // The chunk that brings the usage has no choice.
  const choice = chunk.choices?.[0];
  answer.refusal += choice?.delta?.refusal ?? "";
  if (choice?.finish_reason) end(choice.finish_reason, answer);
  return textOf(choice?.delta?.content);
}

function textOf(content: Content | undefined): string {
  if (!Array.isArray(content)) return content ?? "";
  return content.map((part) => (part?.type === "text" && typeof part.text === "string" ? part.text : "")).join("");
}

function end(reason: string, answer: Answer): void {
  answer.ended = endings.get(reason.toLowerCase()) ?? "failed";
  if (answer.ended === "failed") answer.failure = { message: `The answer ended with "${reason}".` };
}

// How servers say that an answer has ended. What is not here may have ended in mid-sentence.
const endings = new Map<string, NonNullable<Answer["ended"]>>([
  ["stop", "complete"],
  ["eos", "complete"],
  ["eos_token", "complete"],
  ["end_turn", "complete"],
  ["stop_sequence", "complete"],
  ["completed", "complete"],
  ["length", "truncated"],
  ["max_tokens", "truncated"],
  ["model_length", "truncated"],
  ["max_output_tokens", "truncated"],
  ["content_filter", "filtered"],
  ["content_filtered", "filtered"],
  ["safety", "filtered"],
  ["recitation", "filtered"],
  ["blocklist", "filtered"],
  ["prohibited_content", "filtered"],
  ["spii", "filtered"],
  ["sensitive", "filtered"],
]);

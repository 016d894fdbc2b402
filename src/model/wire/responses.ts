import type { OpenAI } from "openai";
import type { ResponseTextConfig } from "openai/resources/responses/responses";
import type { Abilities } from "../port/asking.ts";
import type { ModelOptions } from "../port/options.ts";
import type { GenerateRequest } from "../port/port.ts";
import { wireSchema } from "../port/schema.ts";
import { type Answer, outputOf, readUsage, statedCost, tierIn } from "./answer.ts";
import type { Wire } from "./stream.ts";

/** The Responses API. */
export function responsesWire(
  client: OpenAI,
  model: string,
  request: GenerateRequest,
  { json }: Abilities,
  { reasoningEffort, extraBody }: ModelOptions,
): Wire<Event> {
  const text = textConfig(request.schema, json);
  return {
    model,
    open: (options) =>
      client.responses.create(
        {
          ...extraBody,
          model,
          instructions: request.system,
          input: request.user,
          max_output_tokens: request.maxOutputTokens,
          // The provider would keep prompt and answer for 30 days.
          store: false,
          stream: true,
          ...(text ? { text } : {}),
          ...(request.cacheKey ? { prompt_cache_key: request.cacheKey } : {}),
          ...(reasoningEffort ? { reasoning: { effort: reasoningEffort } } : {}),
        },
        options,
      ),
    read,
  };
}

function textConfig(schema: GenerateRequest["schema"], json: Abilities["json"]): ResponseTextConfig | undefined {
  if (!schema || json === "none") return undefined;
  if (json === "json_object") return { format: { type: "json_object" } };
  return { format: { type: "json_schema", name: schema.name, strict: true, schema: wireSchema(schema.zod) } };
}

/** What is read of an event. The SDK's types promise all of it, but other servers leave much of it out. */
type Event = { type?: string; delta?: string; response?: Ending | null; code?: unknown; message?: unknown };

type Ending = {
  id?: unknown;
  model?: string;
  service_tier?: unknown;
  status?: string;
  error?: { code?: unknown; message?: unknown } | null;
  incomplete_details?: { reason?: string } | null;
  usage?: {
    input_tokens?: number;
    input_tokens_details?: { cached_tokens?: number; cache_write_tokens?: number } | null;
    output_tokens?: number;
    total_tokens?: number;
    cost?: unknown;
    cost_in_usd_ticks?: unknown;
  } | null;
  output?: { type?: string; content?: { text?: string; refusal?: string }[] | null }[] | null;
};

function read(event: Event, answer: Answer): string {
  answer.servedModel = event.response?.model || answer.servedModel;
  answer.servedTier = tierIn(event.response) ?? answer.servedTier;
  answer.id ??= event.response?.id;
  switch (event.type) {
    case "response.output_text.delta":
      return event.delta ?? "";
    case "response.refusal.delta":
      answer.refusal += event.delta ?? "";
      return "";
    case "response.completed":
    case "response.incomplete":
    case "response.failed":
      return readEnding(event.type, event.response ?? {}, answer);
    case "error":
      answer.ended = "failed";
      answer.failure = event;
      return "";
    default:
      return "";
  }
}

/** Some servers send no deltas but put all of it into the last event: what was not seen before is taken from there. */
function readEnding(
  type: string,
  { status, incomplete_details, error, usage, output }: Ending,
  answer: Answer,
): string {
  // vLLM ends every stream with response.completed: that it was cut short, only the status says.
  const said = endings.get(type) ?? "complete";
  const ended = said === "complete" ? (endings.get(`response.${status}`) ?? said) : said;
  answer.ended = ended === "truncated" && incomplete_details?.reason === "content_filter" ? "filtered" : ended;
  if (ended === "failed") answer.failure = error ?? undefined;
  answer.usage = readUsage({
    input: usage?.input_tokens,
    cachedInput: usage?.input_tokens_details?.cached_tokens,
    cacheWrite: usage?.input_tokens_details?.cache_write_tokens,
    output: outputOf(usage?.input_tokens, usage?.output_tokens, usage?.total_tokens),
  });
  answer.statedCost = statedCost(usage?.cost, usage?.cost_in_usd_ticks);
  const parts = output?.flatMap((item) => (item.type === "message" && item.content) || []) ?? [];
  answer.refusal ||= parts.map((part) => part.refusal ?? "").join("");
  return answer.text ? "" : parts.map((part) => part.text ?? "").join("");
}

const endings = new Map<string, Answer["ended"]>([
  ["response.incomplete", "truncated"],
  ["response.failed", "failed"],
]);

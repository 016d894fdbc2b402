import { type ClientOptions, OpenAI } from "openai";
import { assumed, isLikeOpenAI, mustTellSchema, statedIn } from "../port/asking.ts";
import type { ModelOptions } from "../port/options.ts";
import type { GenerateRequest, ModelPort } from "../port/port.ts";
import { wireSchema } from "../port/schema.ts";
import { chatWire } from "./chat.ts";
import { fetchWire } from "./fetch.ts";
import { responsesWire } from "./responses.ts";
import { readStream } from "./stream.ts";

export type ModelSettings = {
  /** `openai`, `demo`, or the host name of another server: the price depends on it. */
  provider: string;
  model: string;
  api: "responses" | "chat";
  /** Empty for a server that asks for none. */
  apiKey: string;
  /** Default: api.openai.com. */
  baseURL?: string;
  /**
   * How long nothing at all may come before the first event, in milliseconds. Default 290,000: some models think, and
   * after 300,000 fetch itself gives up.
   */
  headerTimeoutMs?: number;
  /** How long nothing at all may come after it, in milliseconds. Default 60,000. */
  idleTimeoutMs?: number;
  /** Time for the whole call, in milliseconds, however lively its stream is. Default 600,000. */
  totalTimeoutMs?: number;
  /** What the operator knows of the server. Its times go before the three above. */
  options?: ModelOptions;
};

/** A model of OpenAI, or of a server that speaks one of its two dialects. */
export function createModel(settings: ModelSettings): ModelPort {
  const { provider, model, api } = settings;
  const options = withTier(settings.options ?? {});
  const { headerTimeoutMs = 290_000, idleTimeoutMs = 60_000, totalTimeoutMs = 600_000 } = settings;
  const patience = {
    headerTimeoutMs: inMs(options.firstEventSeconds) ?? headerTimeoutMs,
    idleTimeoutMs: inMs(options.silenceSeconds) ?? idleTimeoutMs,
    totalTimeoutMs: inMs(options.totalSeconds) ?? totalTimeoutMs,
  };
  const isOpenAI = isLikeOpenAI(settings);
  const first = assumed(isOpenAI, options);
  const client = new PlainClient(options.extraHeaders ?? {}, {
    apiKey: settings.apiKey || "none",
    baseURL: settings.baseURL ?? "https://api.openai.com/v1",
    timeout: patience.headerTimeoutMs,
    maxRetries: 0,
    logLevel: "off",
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    fetch: fetchWire,
  });
  return {
    provider,
    model,
    api,
    tier: options.serviceTier ?? null,
    abilities: first,
    stated: statedIn(options),
    async generate(given) {
      const { abilities = first } = given;
      const { cacheKey, ...bare } = given;
      const suited: GenerateRequest = isOpenAI ? given : bare;
      const request = mustTellSchema(isOpenAI, abilities) ? tellingSchema(suited) : suited;
      return api === "responses"
        ? await readStream(responsesWire(client, model, request, abilities, options), request, patience)
        : await readStream(chatWire(client, model, request, abilities, options), request, patience);
    },
  };
}

/** Both dialects take the service tier by the same name, and each server has tiers of its own. */
const withTier = (options: ModelOptions): ModelOptions =>
  options.serviceTier
    ? { ...options, extraBody: { ...options.extraBody, service_tier: options.serviceTier } }
    : options;

const inMs = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : seconds * 1000;

/** The request with its schema in the prompt too: a server that ignores structured output would never hear of it. */
function tellingSchema(request: GenerateRequest): GenerateRequest {
  if (!request.schema) return request;
  const schema = JSON.stringify(wireSchema(request.schema.zod));
  const rule = `Answer with JSON alone, nothing before or after it, that fits this JSON Schema: ${schema}`;
  return { ...request, system: [request.system, rule].filter(Boolean).join("\n\n") };
}

/** Takes nothing from the environment. Each option above has a variable that the SDK would read in its place. */
class PlainClient extends OpenAI {
  constructor(headers: Record<string, string>, options: ClientOptions) {
    super(options);
    // No option turns OPENAI_CUSTOM_HEADERS off, and what it holds would replace even the Authorization header.
    this._options.defaultHeaders = headers;
  }
}

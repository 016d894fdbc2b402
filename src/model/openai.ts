import { type ClientOptions, OpenAI } from "openai";
import { chatWire, type MaxTokensParam } from "./chat.ts";
import type { ModelPort } from "./port.ts";
import { responsesWire } from "./responses.ts";
import { readStream } from "./stream.ts";
import { fetchWire } from "./wire-fetch.ts";

export type ModelSettings = {
  /** `openai`, `demo`, or the host name of another server: the price depends on it. */
  provider: string;
  model: string;
  api: "responses" | "chat";
  /** Empty for a server that asks for none. */
  apiKey: string;
  /** Default: api.openai.com. */
  baseURL?: string;
  /** Only for `chat`. Default `max_completion_tokens`; Ollama needs `max_tokens`. */
  maxTokensParam?: MaxTokensParam;
  /** How long nothing at all may come before the first event, in milliseconds. Default 300,000: some models think. */
  headerTimeoutMs?: number;
  /** How long nothing at all may come after it, in milliseconds. Default 60,000. */
  idleTimeoutMs?: number;
  /** Time for the whole call, in milliseconds, however lively its stream is. Default 600,000. */
  totalTimeoutMs?: number;
};

/** A model of OpenAI, or of a server that speaks one of its two dialects. */
export function createModel(settings: ModelSettings): ModelPort {
  const { provider, model, api, maxTokensParam = "max_completion_tokens" } = settings;
  const { headerTimeoutMs = 300_000, idleTimeoutMs = 60_000, totalTimeoutMs = 600_000 } = settings;
  const patience = { headerTimeoutMs, idleTimeoutMs, totalTimeoutMs };
  const client = new PlainClient({
    apiKey: settings.apiKey || "none",
    baseURL: settings.baseURL ?? "https://api.openai.com/v1",
    timeout: headerTimeoutMs,
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
    generate: async (request) =>
      api === "responses"
        ? readStream(responsesWire(client, model, request), request, patience)
        : readStream(chatWire(client, model, request, maxTokensParam), request, patience),
  };
}

/** Takes nothing from the environment. Each option above has a variable that the SDK would read in its place. */
class PlainClient extends OpenAI {
  constructor(options: ClientOptions) {
    super(options);
    // No option turns OPENAI_CUSTOM_HEADERS off, and what it holds would replace even the Authorization header.
    this._options.defaultHeaders = {};
  }
}

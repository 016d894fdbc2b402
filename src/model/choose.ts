import { startDemoModel } from "../demo/server.ts";
import { type Config, isOpenAI } from "../settings/config.ts";
import type { ModelPort } from "./port/port.ts";
import { createModel, type ModelSettings } from "./wire/openai.ts";

const defaultModel = "gpt-6-luna";
// Slow enough to be watched, fast enough not to be waited for.
const demoDelayMilliseconds = 10;

/** The model that the settings ask for; the demo model if they name neither a key nor a server. */
export async function chooseModel(config: Config): Promise<{ port: ModelPort; close(): Promise<void> }> {
  const named = nameModel(config);
  const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseURL, MODEL_OPTIONS: options = {} } = config;
  if (named.provider === "demo") {
    const demo = await startDemoModel({ delayMsPerChunk: demoDelayMilliseconds });
    const port = createModel({ ...named, options, apiKey: "demo", baseURL: demo.baseURL });
    return { port, close: () => demo.close() };
  }
  // Servers that want no key still get a header: the client insists on one.
  const port = createModel({ ...named, options, apiKey: apiKey ?? "none", ...(baseURL ? { baseURL } : {}) });
  return { port, close: async () => undefined };
}

/** Which model it is, and how it is spoken to. */
export function nameModel({
  OPENAI_API_KEY: apiKey,
  OPENAI_BASE_URL: baseURL,
  OPENAI_MODEL: model = defaultModel,
  MODEL_API: api,
}: Config): Pick<ModelSettings, "provider" | "model" | "api"> {
  if (baseURL && isOpenAI(baseURL)) return { provider: "openai", model, api: api ?? "responses" };
  if (baseURL) return { provider: new URL(baseURL).hostname, model, api: api ?? "chat" };
  if (apiKey) return { provider: "openai", model, api: api ?? "responses" };
  return { provider: "demo", model: "demo-1", api: api ?? "responses" };
}

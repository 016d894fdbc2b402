import type { Config } from "../config.ts";
import { startDemoModel } from "./demo/server.ts";
import { createModel } from "./openai.ts";
import type { ModelPort } from "./port.ts";

const defaultModel = "gpt-6-luna";
// Slow enough to be watched, fast enough not to be waited for.
const demoDelayMilliseconds = 10;

/** The model that the settings ask for; the demo model if they name neither a key nor a server. */
export async function chooseModel(config: Config): Promise<{ port: ModelPort; close(): Promise<void> }> {
  const {
    OPENAI_API_KEY: apiKey,
    OPENAI_BASE_URL: baseURL,
    OPENAI_MODEL: model = defaultModel,
    MODEL_API,
  } = config;
  if (!apiKey && !baseURL) {
    const demo = await startDemoModel({ delayMsPerChunk: demoDelayMilliseconds });
    const port = createModel({
      provider: "demo",
      model: "demo-1",
      api: MODEL_API ?? "responses",
      apiKey: "demo",
      baseURL: demo.baseURL,
    });
    return { port, close: () => demo.close() };
  }
  const port = createModel({
    provider: baseURL ? new URL(baseURL).hostname : "openai",
    model,
    api: MODEL_API ?? (baseURL ? "chat" : "responses"),
    // Servers that want no key still get a header: the client insists on one.
    apiKey: apiKey ?? "none",
    ...(baseURL ? { baseURL } : {}),
  });
  return { port, close: async () => undefined };
}

import { startDemoModel } from "../demo/server.ts";
import { StartError } from "../errors.ts";
import type { Config } from "../settings/config.ts";
import { type ModelEntry, providerAt } from "../settings/model-settings.ts";
import { createModels, eachOf, type InTurn, type Models } from "./models.ts";
import { createModel, type ModelSettings } from "./wire/openai.ts";

const defaultModel = "gpt-6-luna";
// Slow enough to be watched, fast enough not to be waited for.
const demoDelayMilliseconds = 10;

/** The models that the settings ask for; the demo model if they name neither a key nor a server. */
export async function chooseModels(config: Config): Promise<{ models: Models; close(): Promise<void> }> {
  const named = nameModels(config);
  if (named.every(({ provider }) => provider !== "demo")) {
    return { models: createModels(named, createModel), close: async () => undefined };
  }
  const demo = await startDemoModel({ delayMsPerChunk: demoDelayMilliseconds });
  const atDemo = eachOf(named, (settings) => ({ ...settings, baseURL: demo.baseURL }));
  return { models: createModels(atDemo, createModel), close: () => demo.close() };
}

/** Which models they are, in the order in which they are asked, and how each is spoken to. */
export function nameModels(config: Config): InTurn<ModelSettings> {
  const { OPENAI_API_KEY, OPENAI_BASE_URL: baseUrl, OPENAI_MODEL, MODEL_API: api, MODEL_OPTIONS: options } = config;
  if (config.MODELS) return eachOf(config.MODELS, (entry) => settingsOf(entry, OPENAI_API_KEY));
  if (!baseUrl && !OPENAI_API_KEY) {
    return [{ provider: "demo", model: "demo-1", api: api ?? "responses", apiKey: "demo", options: options ?? {} }];
  }
  const entry = { provider: providerAt(baseUrl), model: OPENAI_MODEL ?? defaultModel, baseUrl, api, options };
  return [settingsOf({ ...entry, apiKey: OPENAI_API_KEY })];
}

type Entry = Pick<ModelEntry, "provider" | "model"> & { [Name in keyof ModelEntry]?: ModelEntry[Name] | undefined };

function settingsOf(
  { provider, model, baseUrl, api, apiKey, options = {} }: Entry,
  openAiKey?: string,
): ModelSettings {
  const isAtOpenAI = providerAt(baseUrl) === "openai";
  return {
    provider,
    model,
    api: api ?? (isAtOpenAI ? "responses" : "chat"),
    // Servers that want no key still get a header: the client insists on one. OpenAI's key is not for others.
    apiKey: apiKey ?? (isAtOpenAI ? openAiKey : undefined) ?? "none",
    ...(baseUrl ? { baseURL: baseUrl } : {}),
    options,
  };
}

/** Throws StartError if the options name a phase that no job type has. */
export function checkPhases(settings: readonly ModelSettings[], phases: ReadonlySet<string>): void {
  const places = settings.flatMap(({ options }) => Object.keys(options?.phases ?? {}));
  const unknown = places.filter((place) => !phases.has(place.split("/")[0] ?? ""));
  if (unknown.length === 0) return;
  throw new StartError(
    `The options of the model name phases that no job type has: ${unknown.join(", ")}. There are ${[...phases].join(", ")}.`,
  );
}

import type { ModelOptions } from "./options.ts";

/** The name under which a server reads the token cap, and how it is asked for JSON. */
export type Abilities = {
  maxTokensParam: "max_completion_tokens" | "max_tokens";
  json: "json_schema" | "json_object" | "none";
};

/** What a server's refusal named. */
export type Refused = "token cap" | "structured output";

/** OpenAI, Azure and the demo model take what OpenAI's own documentation says. */
export const isOpenAI = (provider: string): boolean =>
  provider === "openai" || provider === "demo" || provider.endsWith(".azure.com");

/** What is tried first. Beside OpenAI the older name is known everywhere, and Ollama ignores the newer one. */
export const assumed = (provider: string, { tokenLimit, json }: ModelOptions = {}): Abilities => ({
  maxTokensParam: tokenLimit ?? (isOpenAI(provider) ? "max_completion_tokens" : "max_tokens"),
  json: json ?? "json_schema",
});

/** Whether the prompt itself must say the schema, since the server may ignore it in silence. */
export const mustTellSchema = (provider: string, { json }: Abilities): boolean =>
  !isOpenAI(provider) || json !== "json_schema";

/** What to try when the server has refused this, and what was not tried before. Null if nothing is left. */
export function without(abilities: Abilities, refused: Refused, tried: readonly Abilities[]): Abilities | null {
  if (refused === "structured output") {
    if (abilities.json === "none") return null;
    return { ...abilities, json: abilities.json === "json_schema" ? "json_object" : "none" };
  }
  const maxTokensParam = abilities.maxTokensParam === "max_tokens" ? "max_completion_tokens" : "max_tokens";
  return tried.some((one) => one.maxTokensParam === maxTokensParam) ? null : { ...abilities, maxTokensParam };
}

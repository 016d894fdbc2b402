import type { ModelOptions } from "./options.ts";

/** The name under which a server reads the token cap, and how it is asked for JSON. */
export type Abilities = {
  maxTokensParam: "max_completion_tokens" | "max_tokens";
  json: "json_schema" | "json_object" | "none";
};

/** What a server's refusal named. */
export type Refused = "token cap" | "structured output";

/** OpenAI, Azure and the demo model take what OpenAI's own documentation says: known by the address, or by the name. */
export function isLikeOpenAI({ provider, baseURL }: { provider: string; baseURL?: string }): boolean {
  if (provider === "demo" || baseURL === undefined) return true;
  const { hostname } = new URL(baseURL);
  return /(^|\.)api\.openai\.com$|\.azure\.com$/.test(hostname) || provider === "openai";
}

/** What is tried first. Beside OpenAI the older name is known everywhere, and Ollama ignores the newer one. */
export const assumed = (isOpenAI: boolean, options: ModelOptions = {}): Abilities => ({
  maxTokensParam: isOpenAI ? "max_completion_tokens" : "max_tokens",
  json: "json_schema",
  ...statedIn(options),
});

/** What an operator has said of the ways of asking. */
export const statedIn = ({ tokenLimit, json }: ModelOptions): Partial<Abilities> => ({
  ...(tokenLimit && { maxTokensParam: tokenLimit }),
  ...(json && { json }),
});

/** Whether the prompt itself must say the schema, since the server may ignore it in silence. */
export const mustTellSchema = (isOpenAI: boolean, { json }: Abilities): boolean =>
  !isOpenAI || json !== "json_schema";

/** What to try when the server has refused this, and what was not tried before. Null if nothing is left. */
export function without(abilities: Abilities, refused: Refused, tried: readonly Abilities[]): Abilities | null {
  if (refused === "structured output") {
    if (abilities.json === "none") return null;
    return { ...abilities, json: abilities.json === "json_schema" ? "json_object" : "none" };
  }
  const maxTokensParam = abilities.maxTokensParam === "max_tokens" ? "max_completion_tokens" : "max_tokens";
  return tried.some((one) => one.maxTokensParam === maxTokensParam) ? null : { ...abilities, maxTokensParam };
}

import { APIError } from "openai";
import type { Refusal } from "../../db/schema/model/provider-calls.ts";

const longestMessage = 500;
const longestName = 100;
// As providers make them: OpenAI, Groq, xAI, Hugging Face, Perplexity, NVIDIA, Fireworks, Cerebras, Google.
const keys = /\b(?:(?:sk|rk|gsk|csk|xai|hf|pplx|nvapi|fw|key)[-_]|AIza)[\w*.-]*[\w*]/gi;
// Shorter pieces of a prompt are words that any message may have.
const shortestQuote = 24;

/** What the provider said, without what it quotes of the prompt. Null if it said nothing. */
export function refusalOf(error: unknown, prompt: string): Refusal | null {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof APIError)) return null;
  const { status = null, code = null, type = null, param = null, message } = cause;
  const name = (given: string) => withoutQuotes(given, prompt).slice(0, longestName);
  return {
    status,
    code: typeof code === "string" ? name(code) : code,
    type: type ? name(type) : null,
    param: param ? name(param) : null,
    message: withoutQuotes(message, prompt).slice(0, longestMessage),
  };
}

/** Keys are struck out too: a provider may repeat a part of one. */
function withoutQuotes(message: string, prompt: string): string {
  const given = unescaped(message.slice(0, 4 * longestMessage)).replace(keys, "…");
  let kept = "";
  for (let at = 0; at < given.length; ) {
    const length = quotedAt(given, at, prompt);
    kept += length > 0 ? "…" : given[at];
    at += Math.max(1, length);
  }
  return kept;
}

/** Some quote a prompt as JSON does. */
const unescaped = (text: string): string =>
  text.replace(/\\u([0-9a-f]{4})/gi, (_, unit: string) => String.fromCharCode(Number.parseInt(unit, 16)));

/** How much of the text from there on stands in the prompt too. */
function quotedAt(text: string, at: number, prompt: string): number {
  const isQuoted = (length: number) => at + length <= text.length && prompt.includes(text.slice(at, at + length));
  let length = shortestQuote;
  if (!isQuoted(length)) return 0;
  while (isQuoted(length + 1)) length++;
  return length;
}

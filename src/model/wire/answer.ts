import type { GenerateRequest, Usage } from "../port/port.ts";
import { type CallFacts, ModelError } from "../port/port.ts";

/** What has been read of a model's answer so far. */
export type Answer = {
  text: string;
  refusal: string;
  usage: Usage | null;
  statedCost: string | null;
  servedModel: string | undefined;
  servedTier: string | undefined;
  /** What the body calls the answer. */
  id: unknown;
  /** How the model ended. Undefined until it said so: a stream that just stops has no end. */
  ended: "complete" | "truncated" | "filtered" | "failed" | undefined;
  /** The provider's error, when `ended` is "failed". */
  failure: { code?: unknown; message?: unknown } | undefined;
};

export function emptyAnswer(): Answer {
  return {
    text: "",
    refusal: "",
    usage: null,
    statedCost: null,
    servedModel: undefined,
    servedTier: undefined,
    id: undefined,
    ended: undefined,
    failure: undefined,
  };
}

/** Throws ModelError for an answer that ended but is of no use. */
export function conclude(answer: Answer, request: GenerateRequest, facts: CallFacts): void {
  if (answer.refusal) {
    throw new ModelError("content_refused", `The model declined: ${shorten(answer.refusal)}`, facts);
  }
  if (answer.ended === "filtered") {
    throw new ModelError("content_refused", "The provider's content filter stopped the answer.", facts);
  }
  if (answer.ended === "truncated") {
    const limit = `${request.maxOutputTokens} tokens`;
    throw new ModelError("invalid_output", `The model's answer was truncated at its limit of ${limit}.`, facts);
  }
  if (answer.text.trim() === "") {
    throw new ModelError("invalid_output", "The model's answer was empty.", facts);
  }
}

/** Null when the provider counted nothing. Details are optional: many servers leave them out. */
export function readUsage(counts: Record<keyof Usage, unknown>): Usage | null {
  if (!isCount(counts.input) && !isCount(counts.output)) return null;
  return {
    input: countOf(counts.input),
    cachedInput: countOf(counts.cachedInput),
    cacheWrite: countOf(counts.cacheWrite),
    output: countOf(counts.output),
  };
}

/** xAI and Gemini leave what the model thought out of what it wrote, though not out of the total. */
export function outputOf(input: unknown, output: unknown, total: unknown): unknown {
  return isCount(input) && isCount(total) ? Math.max(countOf(output), total - input) : output;
}

/** The service tier that was served; the events before it is chosen say "auto". */
export function tierIn(said: { service_tier?: unknown } | null | undefined): string | undefined {
  const tier = said?.service_tier;
  return typeof tier === "string" && tier !== "auto" ? tier : undefined;
}

const picoUsdPerTick = 100n;
const picoUsd = 1_000_000_000_000n;

/** What OpenRouter says in dollars, and xAI in ticks, of which a dollar has 10,000,000,000. */
export function statedCost(usd: unknown, ticks: unknown): string | null {
  if (typeof usd === "number" && Number.isFinite(usd) && usd >= 0) return usd.toFixed(12);
  if (!isCount(ticks)) return null;
  const pico = BigInt(ticks) * picoUsdPerTick;
  return `${pico / picoUsd}.${String(pico % picoUsd).padStart(12, "0")}`;
}

const refusalLimit = 300;

function shorten(text: string): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, " ").trim();
  return (line.length > refusalLimit ? `${line.slice(0, refusalLimit - 1)}…` : line).toWellFormed();
}

function countOf(value: unknown): number {
  return isCount(value) ? value : 0;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

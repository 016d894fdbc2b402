import type { Usage } from "./port.ts";

/** USD per 1M tokens, as decimal strings of at most 6 decimals. Null: not published. */
export type Price = {
  provider: string;
  /** A family, which stands for its dated snapshots too, or one snapshot that costs something else. */
  model: string;
  /** The first day on which it holds, UTC. The earliest row of a model also stands for the time before. */
  from: string;
  input: string;
  cachedInput: string;
  cacheWrite: string | null;
  output: string;
  /** More input tokens than this: input of every kind costs twice as much, output one and a half times. */
  longAbove?: number;
  source: string;
};

const openai = { provider: "openai", from: "2026-11-01", longAbove: 272_000 };
const official = "https://developers.openai.com/api/docs/pricing";

/** A changed price is a new row with its day. */
// biome-ignore format: a table
export const prices: readonly Price[] = [
  { ...openai, model: "gpt-6.1-sol", input: "2", cachedInput: "0.10", cacheWrite: null, output: "10", source: "release notes of codexometer 0.18.4" },
  { ...openai, model: "gpt-6.1-terra", input: "1", cachedInput: "0.05", cacheWrite: "1.25", output: "5", source: "release notes of Codex-Manager 0.4.7" },
  { ...openai, model: "gpt-6-sol", input: "2", cachedInput: "0.20", cacheWrite: "2.50", output: "10", source: official },
  { ...openai, model: "gpt-6-luna", input: "0.10", cachedInput: "0.01", cacheWrite: "0.125", output: "0.50", source: official },
  { ...openai, model: "gpt-6-astra", input: "10", cachedInput: "1", cacheWrite: "12.50", output: "50", source: official },
  { provider: "openai", from: "2026-11-01", model: "gpt-5.4-mini", input: "0.75", cachedInput: "0.075", cacheWrite: "0.75", output: "4.50", source: official },
];

type Call = { provider: string; model: string; at: Date };

/**
 * What a call cost in USD, as a decimal string of 12 decimals. Null when no price is known, which is not the
 * same as nothing. Reasoning is part of output, cached and written input are parts of input.
 */
export function costOf(call: Call & { usage: Usage }, table = prices): string | null {
  if (call.provider === "demo") return toUsd(0n);
  const price = priceOf(call, table);
  if (!price) return null;
  const { input, cachedInput, cacheWrite, output } = call.usage;
  if (price.cacheWrite === null && cacheWrite > 0) return null;
  const plain = Math.max(0, input - cachedInput - cacheWrite);
  const inputCost =
    BigInt(plain) * perToken(price.input) +
    BigInt(cachedInput) * perToken(price.cachedInput) +
    BigInt(cacheWrite) * perToken(price.cacheWrite ?? "0");
  return toUsd(total(price, input, inputCost, BigInt(output) * perToken(price.output)));
}

/** What to set aside before a call, so that a budget holds: all input at full price, and every token it may write. */
export function reservationOf(
  call: Call & { inputTokensEstimate: number; maxOutputTokens: number },
  table = prices,
): string | null {
  const usage = {
    input: Math.ceil(call.inputTokensEstimate),
    cachedInput: 0,
    cacheWrite: 0,
    output: call.maxOutputTokens,
  };
  return costOf({ ...call, usage }, table);
}

function priceOf({ provider, model, at }: Call, table: readonly Price[]): Price | undefined {
  const family = model.replace(/-\d{4}-\d{2}-\d{2}$/, "");
  const rowsOf = (name: string) => table.filter((row) => row.provider === provider && row.model === name);
  const own = rowsOf(model);
  const rows = (own.length > 0 ? own : rowsOf(family)).toSorted((a, b) => a.from.localeCompare(b.from));
  return rows.findLast((row) => new Date(row.from) <= at) ?? rows[0];
}

/** Pico-USD (1e-12) per token: a price per 1M tokens with 6 decimals is a whole number of them. */
function perToken(price: string): bigint {
  const [whole = "0", fraction = ""] = price.split(".");
  return BigInt(whole + fraction.padEnd(6, "0"));
}

function total(price: Price, inputTokens: number, input: bigint, output: bigint): bigint {
  const isLong = price.longAbove !== undefined && inputTokens > price.longAbove;
  // A price may end in an odd pico-USD: half of one is rounded up.
  return isLong ? 2n * input + (3n * output + 1n) / 2n : input + output;
}

function toUsd(pico: bigint): string {
  const digits = pico.toString().padStart(13, "0");
  return `${digits.slice(0, -12)}.${digits.slice(-12)}`;
}

import type { Usage } from "../model/port/port.ts";

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
  /** What a service tier multiplies the cost by, as decimal strings of at most 3 decimals. Without it a tier changes nothing. */
  tiers?: Readonly<Record<string, string>>;
  source: string;
};

const tiers = { flex: "0.5", batch: "0.5", priority: "2" };
const openai = { provider: "openai", from: "2026-11-01", longAbove: 272_000, tiers };
const official = "https://developers.openai.com/api/docs/pricing";

/** The prices that Galley knows by itself. A changed price is a new row with its day. */
// biome-ignore format: a table
export const prices: readonly Price[] = [
  { ...openai, model: "gpt-6.1-sol", input: "2", cachedInput: "0.10", cacheWrite: null, output: "10", source: "release notes of codexometer 0.18.4" },
  { ...openai, model: "gpt-6.1-terra", input: "1", cachedInput: "0.05", cacheWrite: "1.25", output: "5", source: "release notes of Codex-Manager 0.4.7" },
  { ...openai, model: "gpt-6-sol", input: "2", cachedInput: "0.20", cacheWrite: "2.50", output: "10", source: official },
  { ...openai, model: "gpt-6-luna", input: "0.10", cachedInput: "0.01", cacheWrite: "0.125", output: "0.50", source: official },
  { ...openai, model: "gpt-6-astra", input: "10", cachedInput: "1", cacheWrite: "12.50", output: "50", source: official },
  { provider: "openai", from: "2026-11-01", tiers, model: "gpt-5.4-mini", input: "0.75", cachedInput: "0.075", cacheWrite: "0.75", output: "4.50", source: official },
];

/** `tier`: the service tier that was asked for or, better, served. Default: the usual one. */
type Call = { provider: string; model: string; at: Date; tier?: string | null };

// How providers name the tier that is priced as the list says.
const usualTiers = new Set(["auto", "default", "standard", "on_demand"]);

export type PriceList = {
  /**
   * What a call cost in USD, as a decimal string of 12 decimals. Null when no price is known, which is not the
   * same as nothing. Reasoning is part of output, cached and written input are parts of input.
   */
  costOf(call: Call & { usage: Usage }): string | null;
  /** What to set aside before a call, so that a budget holds: all input at its dearest price, and every token it may write. */
  reservationOf(call: Call & { inputTokensEstimate: number; maxOutputTokens: number }): string | null;
  /** What holds for a call, in a line for the operator. */
  describe(call: Call): string;
};

/** The known prices, behind an operator's own. */
export function createPriceList(own: readonly Price[] = []): PriceList {
  function costOf(call: Call & { usage: Usage }): string | null {
    if (call.provider === "demo") return toUsd(0n);
    const price = priceOf(call);
    const factor = price && factorOf(price, call.tier ?? "default");
    return price && typeof factor === "bigint" ? costAt(price, call.usage, factor) : null;
  }

  function priceOf({ provider, model, at }: Call): Price | undefined {
    const family = model.replace(/-\d{4}-\d{2}-\d{2}$/, "");
    const rowsOf = (name: string, table: readonly Price[]) =>
      table.filter((row) => row.provider === provider && row.model === name).toSorted(byDay);
    const tables = [model, family]
      .map((name) => [rowsOf(name, own), rowsOf(name, prices)])
      .find((rows) => rows.flat().length > 0);
    const inForce = tables?.map((rows) => rows.findLast((row) => new Date(row.from) <= at));
    return inForce?.find((row) => row !== undefined) ?? tables?.flat().toSorted(byDay)[0];
  }

  return {
    costOf,
    reservationOf({ inputTokensEstimate, maxOutputTokens, ...call }) {
      const input = Math.ceil(inputTokensEstimate);
      const price = priceOf(call);
      // A provider that caches prompts by itself may charge the whole of one for being written.
      const isDearerWritten = perToken(price?.cacheWrite ?? "0") > perToken(price?.input ?? "0");
      const cacheWrite = isDearerWritten ? input : 0;
      const usage = { input, cachedInput: 0, cacheWrite, output: maxOutputTokens };
      // A cheaper tier that is full may be served as the usual one.
      const isCheaper = price && (factorOf(price, call.tier ?? "default") ?? thousand) < thousand;
      return costOf({ ...call, usage, tier: isCheaper ? null : (call.tier ?? null) });
    },
    describe(call) {
      const name = `${call.model} of ${call.provider}`;
      if (call.provider === "demo") return `${name} costs nothing`;
      const price = priceOf(call);
      if (!price)
        return `the price of ${name} is not known: its costs stay unknown, and a budget refuses every call`;
      const { input, cachedInput, cacheWrite, output, source } = price;
      const tier = call.tier ?? "default";
      if (factorOf(price, tier) === null)
        return `the price of ${name} in the tier ${tier} is not known: its costs stay unknown`;
      return `${name} costs ${input} USD per 1M input tokens, ${cachedInput} cached, ${cacheWrite ?? "?"} written, ${output} output (${source})`;
    },
  };
}

const byDay = (a: Price, b: Price) => a.from.localeCompare(b.from);

const thousand = 1_000n;

/** In thousandths; null for a tier whose price is not known. */
function factorOf({ tiers }: Price, tier: string): bigint | null {
  if (!tiers || usualTiers.has(tier)) return thousand;
  const factor = Object.hasOwn(tiers, tier) ? tiers[tier] : undefined;
  if (factor === undefined) return null;
  const [whole = "0", fraction = ""] = factor.split(".");
  return BigInt(whole + fraction.padEnd(3, "0"));
}

function costAt(price: Price, { input, cachedInput, cacheWrite, output }: Usage, factor: bigint): string | null {
  if (price.cacheWrite === null && cacheWrite > 0) return null;
  const plain = Math.max(0, input - cachedInput - cacheWrite);
  const inputCost =
    BigInt(plain) * perToken(price.input) +
    BigInt(cachedInput) * perToken(price.cachedInput) +
    BigInt(cacheWrite) * perToken(price.cacheWrite ?? "0");
  const usual = total(price, input, inputCost, BigInt(output) * perToken(price.output));
  return toUsd((usual * factor + thousand - 1n) / thousand);
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

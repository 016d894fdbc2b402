import { expect, test } from "@jest/globals";
import { calcPrice } from "@pydantic/genai-prices";
import type { Usage } from "../../src/model/port/port.ts";
import { createPriceList, prices } from "../../src/money/prices.ts";

const { costOf } = createPriceList();
const at = new Date("2026-11-24");
const none: Usage = { input: 0, cachedInput: 0, cacheWrite: 0, output: 0 };

const usages: Record<string, Usage> = {
  plain: { ...none, input: 10_007, output: 1_999 },
  cached: { ...none, input: 10_007, cachedInput: 9_973, output: 13 },
  "cache write": { ...none, input: 10_007, cacheWrite: 7_919, output: 13 },
  "everything at once": { input: 10_007, cachedInput: 4_001, cacheWrite: 997, output: 1_999 },
  "output alone": { ...none, output: 128_000 },
  "one cached token": { ...none, input: 1, cachedInput: 1 },
  "the longest short context": { ...none, input: 271_999, cachedInput: 101, cacheWrite: 103, output: 107 },
  "at the boundary": { ...none, input: 272_000, output: 1_000 },
  "the shortest long context": { ...none, input: 272_001, cachedInput: 101, cacheWrite: 103, output: 107 },
  "long context": { ...none, input: 900_001, cachedInput: 500_009, cacheWrite: 10_007, output: 99_991 },
};

// What the peer gets wrong, with its reason.
const exceptions: Record<string, string> = {
  "gpt-6-astra at the boundary":
    "OpenAI's model page says that more than 272K cost twice as much; the peer begins at 272K: pydantic/genai-prices#711",
};

// What its version 0.1.8 does not list. A later one that does is compared, and fails here until this is shorter.
const unknownToPeer = ["gpt-6.1-sol", "gpt-6.1-terra"];

const models = [...new Set(prices.map(({ model }) => model))];
const shared = models.filter((model) => theirs(model, none) !== null);
const cases = shared.flatMap((model) =>
  Object.entries(usages).map(([name, usage]) => [model, name, usage] as const),
);

test("the peer knows all of our models but those of the last weeks", () => {
  expect(models.filter((model) => !shared.includes(model))).toEqual(unknownToPeer);
});

test.each(cases.filter(([model, name]) => !exceptions[`${model} ${name}`]))(
  "%s, %s: the peer comes to the same cost",
  (model, _name, usage) => {
    expect(costOf({ provider: "openai", model, at, usage })).toBe(theirs(model, usage));
  },
);

test.each(Object.entries(exceptions))("%s is still an exception: %s", (key) => {
  const [model, name, usage] = cases.find(([model, name]) => `${model} ${name}` === key) ?? [];
  if (!model || !usage) throw new Error(`there is no case ${name}`);
  expect(costOf({ provider: "openai", model, at, usage })).not.toBe(theirs(model, usage));
});

function theirs(model: string, { input, cachedInput, cacheWrite, output }: Usage): string | null {
  const usage = {
    input_tokens: input,
    cache_read_tokens: cachedInput,
    cache_write_tokens: cacheWrite,
    output_tokens: output,
  };
  return calcPrice(usage, model, { providerId: "openai", timestamp: at })?.total_price.toFixed(12) ?? null;
}

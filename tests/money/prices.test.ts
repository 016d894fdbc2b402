import { expect, test } from "@jest/globals";
import { createPriceList, type Price, prices } from "../../src/money/prices.ts";

const { costOf, reservationOf } = createPriceList();
const at = new Date("2026-11-24");
const none = { input: 0, cachedInput: 0, cacheWrite: 0, output: 0 };
const usage = { input: 10_000, cachedInput: 4_000, cacheWrite: 1_000, output: 2_000 };
const ask = { provider: "openai", model: "gpt-6-sol", at };

test("plain, cached, written and output tokens each have their price", () => {
  expect(costOf({ ...ask, usage })).toBe("0.033300000000");
});

test("a small cached read does not round to nothing", () => {
  expect(costOf({ ...ask, model: "gpt-6-luna", usage: { ...none, input: 49, cachedInput: 49 } })).toBe(
    "0.000000490000",
  );
});

test.each([
  ["gpt-6.1-sol", "2.000000000000", "0.100000000000", null, "10.000000000000"],
  ["gpt-6.1-terra", "1.000000000000", "0.050000000000", "1.250000000000", "5.000000000000"],
  ["gpt-6-sol", "2.000000000000", "0.200000000000", "2.500000000000", "10.000000000000"],
  ["gpt-6-luna", "0.100000000000", "0.010000000000", "0.125000000000", "0.500000000000"],
  ["gpt-6-astra", "10.000000000000", "1.000000000000", "12.500000000000", "50.000000000000"],
  ["gpt-5.4-mini", "0.750000000000", "0.075000000000", "0.750000000000", "4.500000000000"],
])("a million tokens of %s", (model, input, cachedInput, cacheWrite, output) => {
  // In portions, since a prompt that long has another price.
  const times10 = (part: Partial<typeof none>) => {
    const cost = costOf({ ...ask, model, usage: { ...none, ...part } });
    return cost === null ? null : (Number(cost) * 10).toFixed(12);
  };
  const n = 100_000;
  expect(times10({ input: n })).toBe(input);
  expect(times10({ input: n, cachedInput: n })).toBe(cachedInput);
  expect(times10({ input: n, cacheWrite: n })).toBe(cacheWrite);
  expect(times10({ output: n })).toBe(output);
});

test.each(["gpt-6-sol", "gpt-6-luna", "gpt-5.4-mini", "gpt-6.1-sol"])(
  "what is reserved for %s suffices also when the provider writes the whole prompt into its cache",
  (model) => {
    const call = { ...ask, model };
    const reserved = Number(reservationOf({ ...call, inputTokensEstimate: 10_000, maxOutputTokens: 2_000 }));
    const most = costOf({ ...call, usage: { input: 10_000, cachedInput: 0, cacheWrite: 10_000, output: 2_000 } });
    expect(reserved).toBeGreaterThanOrEqual(Number(most));
  },
);

test("a long prompt costs twice as much, its output half as much again", () => {
  const cost = (input: number) => costOf({ ...ask, usage: { ...none, input, output: 1_000 } });
  expect(cost(272_000)).toBe("0.554000000000");
  expect(cost(272_001)).toBe("1.103004000000");
});

test.each([
  ["gpt-6-sol-2026-08-01", "0.033300000000"],
  ["gpt-6-sol-mini", null],
  ["gpt-6-sol-mini-2026-08-01", null],
  ["gpt-6-solar", null],
  ["my-gpt-6-sol", null],
  ["gpt-6", null],
  ["", null],
])("%j costs %s", (model, cost) => {
  expect(costOf({ ...ask, model, usage })).toBe(cost);
});

test("the demo is free, an unknown server is unknown", () => {
  expect(costOf({ ...ask, provider: "demo", model: "demo", usage })).toBe("0.000000000000");
  expect(costOf({ ...ask, provider: "llm.example.com", usage })).toBeNull();
});

test("a reservation is all input at its dearest price and every token that may be written", () => {
  const size = { inputTokensEstimate: 1_000.2, maxOutputTokens: 4_000 };
  expect(reservationOf({ ...ask, ...size })).toBe("0.042502500000");
  expect(reservationOf({ ...ask, ...size, provider: "demo" })).toBe("0.000000000000");
  expect(reservationOf({ ...ask, ...size, model: "llama" })).toBeNull();
});

test("a server that counts more cached tokens than input gets no money back", () => {
  expect(costOf({ ...ask, usage: { ...none, input: 10, cachedInput: 20 } })).toBe("0.000004000000");
});

test("a new row counts from its day on, a snapshot's own row before its family's", () => {
  const row: Price = {
    ...ask,
    from: "2026-03-01",
    input: "1",
    cachedInput: "1",
    cacheWrite: "1",
    output: "1",
    source: "",
  };
  const list = createPriceList([
    { ...row, from: "2026-09-01", input: "3" },
    row,
    { ...row, model: "gpt-6-sol-2026-05-05", input: "0.000001" },
  ]);
  const cost = (day: string, model = "gpt-6-sol") =>
    list.costOf({ ...ask, model, at: new Date(day), usage: { ...none, input: 1 } });
  expect(cost("2026-01-01")).toBe("0.000001000000");
  expect(cost("2026-08-31T23:59:59Z")).toBe("0.000001000000");
  expect(cost("2026-09-01T00:00:00Z")).toBe("0.000003000000");
  expect(cost("2026-10-01", "gpt-6-sol-2026-08-01")).toBe("0.000003000000");
  expect(cost("2026-10-01", "gpt-6-sol-2026-05-05")).toBe("0.000000000001");
});

test("an operator's row wins from its day on, the known ones hold until then", () => {
  const row: Price = {
    ...ask,
    from: "2026-11-20",
    input: "7",
    cachedInput: "7",
    cacheWrite: null,
    output: "7",
    source: "",
  };
  const cost = (day: string, model = "gpt-6-sol") =>
    createPriceList([row]).costOf({ ...ask, model, at: new Date(day), usage: { ...none, input: 1 } });
  expect(cost("2026-11-19")).toBe("0.000002000000");
  expect(cost("2026-11-20")).toBe("0.000007000000");
  expect(cost("2026-11-20", "gpt-6-sol-2026-08-01")).toBe("0.000007000000");
  expect(cost("2026-11-20", "gpt-6-luna")).toBe("0.000000100000");
  expect(cost("2026-11-20", "gpt-7")).toBeNull();
});

test("a price of zero is nothing, which is not unknown", () => {
  const free = { from: "2026-01-01", input: "0", cachedInput: "0", cacheWrite: "0", output: "0", source: "" };
  const list = createPriceList([{ ...free, provider: "localhost", model: "qwen3" }]);
  expect(list.costOf({ provider: "localhost", model: "qwen3", at, usage })).toBe("0.000000000000");
  expect(list.costOf({ provider: "localhost", model: "llama", at, usage })).toBeNull();
});

test.each(
  prices.flatMap(({ model, input, cachedInput, cacheWrite, output }) =>
    [input, cachedInput, cacheWrite ?? "0", output].map((price) => [model, price] as const),
  ),
)("%s: %s is a decimal that is exact in pico-USD", (_model, price) => {
  expect(price).toMatch(/^\d+(\.\d{1,6})?$/);
});

test("a tier may be free", () => {
  const free = {
    provider: "p",
    model: "m",
    from: "2026-01-01",
    input: "1",
    cachedInput: "1",
    cacheWrite: "1",
    output: "1",
  };
  const list = createPriceList([{ ...free, tiers: { free: "0" }, source: "test" }]);
  const call = {
    provider: "p",
    model: "m",
    at: new Date(),
    usage: { input: 5, cachedInput: 0, cacheWrite: 0, output: 5 },
  };
  expect(list.costOf({ ...call, tier: "free" })).toBe("0.000000000000");
  expect(list.costOf({ ...call, tier: "none" })).toBeNull();
});

import { expect, test } from "@jest/globals";
import { formatExactCost } from "../../src/console/app/parts/format.ts";
import { costBars } from "../../src/console/app/statistics/cost-bars.ts";
import { axisEnd, changeWords, gathered } from "../../src/console/app/statistics/spans.ts";

const spans = Array.from({ length: 7 }, (_, index) => ({
  start: `day ${index}`,
  created: index,
  completed: 1,
  failed: 0,
  cancelled: 2,
}));

test("spans are put together until there is room for them, and nothing is lost", () => {
  expect(gathered(spans, 3)).toEqual([
    { start: "day 0", created: 3, completed: 3, failed: 0, cancelled: 6 },
    { start: "day 3", created: 12, completed: 3, failed: 0, cancelled: 6 },
    { start: "day 6", created: 6, completed: 1, failed: 0, cancelled: 2 },
  ]);
  expect(gathered(spans, 7)).toEqual(spans);
  expect(gathered([], 7)).toEqual([]);
});

test.each([
  [0, 1],
  [1, 1],
  [3, 5],
  [10, 10],
  [12, 20],
  [480, 500],
  [5_001, 10_000],
])("an axis for %i ends at %i", (largest, end) => {
  expect(axisEnd(largest)).toBe(end);
});

test("an axis of small amounts ends near the largest of them", () => {
  expect([axisEnd(0.03, 0.0001), axisEnd(0, 0.0001)]).toEqual([0.05, 0.0001]);
});

const cost = (start: string, type: string | null, model: string, dollars: string) => ({
  start,
  type,
  model,
  cost: dollars,
});

test("costs over time are exact, by what costs most, and the rest of it together", () => {
  const costs = [
    cost("1", "a", "large", "0.100000000001"),
    cost("1", "b", "large", "0.200000000000"),
    cost("2", null, "small", "0.000000000004"),
    ...["x", "y", "z"].map((model) => cost("2", "a", model, "0.000000000001")),
  ];
  expect(costBars(costs, ["1", "2", "3"], "model")).toEqual({
    series: ["large", "small", "x", "others"],
    bars: [
      { start: "1", parts: ["0.300000000001", ...Array(3).fill("0.000000000000")], total: "0.300000000001" },
      {
        start: "2",
        parts: ["0.000000000000", "0.000000000004", "0.000000000001", "0.000000000002"],
        total: "0.000000000007",
      },
      { start: "3", parts: Array(4).fill("0.000000000000"), total: "0.000000000000" },
    ],
  });
  expect(costBars(costs, ["1", "2"], "type").series).toEqual(["b", "a", "removed jobs"]);
});

test("more spans than there is room for are put together, and nothing is lost", () => {
  const starts = Array.from({ length: 120 }, (_, minute) => String(minute));
  const costs = starts.map((start) => cost(start, "a", "m", "1.000000000000"));
  const { bars } = costBars(costs, starts, "model");
  expect([bars.length, ...new Set(bars.map(({ total }) => total))]).toEqual([60, "2.000000000000"]);
});

test.each([
  ["0.000000000000", "$0.00"],
  ["12.300000000000", "$12.30"],
  ["0.326415000000", "$0.326415"],
])("a cost of %s is exactly %s", (text, words) => {
  expect(formatExactCost(text)).toBe(words);
});

test("a number is compared with the one before, if there is one", () => {
  expect([
    changeWords(112, 100),
    changeWords(50, 100),
    changeWords(100, 100),
    changeWords(149, 10),
    changeWords(5, 0),
  ]).toEqual([
    "+12 % on the time before",
    "−50 % on the time before",
    "as many as in the time before",
    "14 times the time before",
    null,
  ]);
});

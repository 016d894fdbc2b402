import { expect, test } from "@jest/globals";
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

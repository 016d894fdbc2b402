import { expect, test } from "@jest/globals";
import { shareSlots } from "../../src/generation/dispatch/claims.ts";
import { roundsOf } from "../../src/generation/dispatch/order.ts";
import { createCatalogue } from "../../src/generation/job/catalogue.ts";
import { rankOf } from "../../src/generation/queue/turns/turns.ts";
import { relay } from "../support/types.ts";

const types = ["article", "image", "recipe"];
const catalogue = createCatalogue(types.map((type) => ({ ...relay(), type })));
const due = (queue: string, priority: number, waitedSeconds: number, rank = rankOf(priority)) => ({
  queue,
  priority,
  waitedSeconds,
  rank,
});

test("higher priority goes first; then the types in the order of their waits, each with its latest phase first", () => {
  const rounds = roundsOf(
    [
      due("article.first", 0, 40, rankOf(0, 500)),
      due("article.second", 0, 20),
      due("image.first", 0, 45),
      due("recipe.second", 7, 1),
      due("unknown.first", 9, 50),
    ],
    catalogue,
  );
  const withinOne = (rank: number) => rank - rankOf(1) + 1;
  expect(rounds).toEqual([
    // Alone, until something of the next turn's priority would go first.
    [[{ queue: "recipe.second", minRank: 1 }]],
    [
      [{ queue: "image.first", minRank: withinOne(0) }],
      [
        { queue: "article.second", minRank: withinOne(0) },
        { queue: "article.first", minRank: withinOne(-500) },
      ],
    ],
  ]);
});

test("what waits gains a priority a minute, and shares with the highest in the end", () => {
  const order = (waitedMinutes: number) =>
    roundsOf([due("image.first", 5, 0), due("recipe.first", 0, 60 * waitedMinutes)], catalogue).map((round) =>
      round.flat().map(({ queue }) => queue),
    );
  expect(order(0)).toEqual([["image.first"], ["recipe.first"]]);
  expect(order(4.9)).toEqual([["image.first"], ["recipe.first"]]);
  expect(order(5)).toEqual([["recipe.first", "image.first"]]);
  expect(order(5_000)).toEqual([["recipe.first", "image.first"]]);
});

/** What is taken of these many due queue jobs, with `free` slots. */
async function taken(waiting: Record<string, number>, free: number): Promise<Record<string, number>> {
  const left = { ...waiting };
  const found = await shareSlots(
    types.map((type) => [`${type}.second`, `${type}.first`].map((queue) => ({ queue, minRank: undefined }))),
    free,
    async ({ queue }, most) => {
      const count = Math.min(most, left[queue] ?? 0);
      left[queue] = (left[queue] ?? 0) - count;
      return Array.from({ length: count }, () => queue);
    },
  );
  return Object.fromEntries([...Map.groupBy(found, (queue) => queue)].map(([queue, all]) => [queue, all.length]));
}

test.each([
  ["an equal part each", { "article.first": 500, "image.first": 500, "recipe.first": 500 }, 9, [3, 3, 3]],
  [
    "what one leaves goes to the others",
    { "article.first": 500, "image.first": 1, "recipe.first": 500 },
    9,
    [4, 1, 4],
  ],
  ["one slot goes to the one that waits longest", { "article.first": 500, "image.first": 1 }, 1, [1, 0, 0]],
  ["a type alone gets all", { "image.first": 500 }, 9, [0, 9, 0]],
  ["no more than there is", { "article.first": 2, "recipe.first": 1 }, 9, [2, 0, 1]],
])("free slots: %s", async (_, waiting, free, parts) => {
  const found = await taken(waiting, free);
  expect(types.map((type) => found[`${type}.first`] ?? 0)).toEqual(parts);
});

test("within its part a type finishes what it has begun before it begins more", async () => {
  expect(await taken({ "article.first": 9, "article.second": 3, "image.first": 9 }, 8)).toEqual({
    "article.second": 3,
    "article.first": 1,
    "image.first": 4,
  });
});

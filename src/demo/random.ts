import { createHash } from "node:crypto";

/** A number from 0 up to, not including, 1. */
export type Random = () => number;

/** The same parts give the same numbers, in every process. */
export function seeded(...parts: string[]): Random {
  // mulberry32: four lines, and well mixed enough to choose phrases.
  let state = createHash("sha256").update(JSON.stringify(parts)).digest().readUInt32LE(0);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from `low` to `high`, both included. */
export function between(low: number, high: number, random: Random): number {
  return low + Math.floor(random() * (high - low + 1));
}

/** Deals every item once, in a shuffled order, before any comes again. */
export function deck<Item>(items: readonly [Item, ...Item[]], random: Random): () => Item {
  let dealt: Item[] = [];
  let last = items[0];
  return () => {
    if (dealt.length === 0) dealt = shuffled(items, last, random);
    last = dealt.pop() ?? last;
    return last;
  };
}

function shuffled<Item>(items: readonly Item[], last: Item, random: Random): Item[] {
  const order = items.map((item) => ({ item, at: random() })).sort((a, b) => a.at - b.at);
  // `last` goes to the bottom, so that no item is dealt twice in a row.
  const others = order.map(({ item }) => item).filter((item) => item !== last);
  return items.includes(last) ? [last, ...others] : others;
}

import type { Histogram } from "../db/schema/upkeep/statistics.ts";

/** What times came to. Seconds; null where nothing was counted. */
export type Times = {
  count: number;
  mean: number | null;
  p50: number | null;
  p95: number | null;
  p99: number | null;
};

const bucketsPerDoubling = 8;
const width = 2 ** (1 / bucketsPerDoubling);

/** How far a percentile may be from the true one, as a part of it. The mean is exact. */
export const percentileError = Math.ceil(((width - 1) / (width + 1)) * 1_000) / 1_000;

/**
 * Merges histograms of times that are so many seconds all together. Each percentile is the time at its rank, as exactly as
 * its bucket knows it.
 */
export function timesOf(histograms: readonly Histogram[], seconds: number): Times {
  const buckets = merge(histograms);
  const count = buckets.reduce((sum, one) => sum + one.count, 0);
  if (count === 0) return { count, mean: null, p50: null, p95: null, p99: null };
  const at = (part: number) => rounded(middleOf(bucketAt(buckets, Math.ceil(count * part))));
  return { count, mean: rounded(seconds / count), p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

type Bucket = { number: number; count: number };

/** Their buckets in order. */
function merge(histograms: readonly Histogram[]): Bucket[] {
  const counts = new Map<string, number>();
  for (const histogram of histograms) {
    for (const number in histogram) counts.set(number, (counts.get(number) ?? 0) + (histogram[number] ?? 0));
  }
  return [...counts]
    .map(([number, count]) => ({ number: Number(number), count }))
    .toSorted((a, b) => a.number - b.number);
}

function bucketAt(ordered: readonly Bucket[], rank: number): number {
  let passed = 0;
  for (const { number, count } of ordered) {
    passed += count;
    if (passed >= rank) return number;
  }
  throw new Error(`There are ${passed} times, and none at rank ${rank}.`);
}

// As far from either end of the bucket, in parts of itself.
const middleOf = (bucket: number): number => (2 * width ** (bucket + 1)) / (width + 1);

// Microseconds: a float has no more to say.
const rounded = (seconds: number): number => Math.round(seconds * 1e6) / 1e6;

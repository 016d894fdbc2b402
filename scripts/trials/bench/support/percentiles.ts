/** The middle and the slow end of some durations, in the unit that they have. */
export function percentiles(durations: readonly number[]): { p50: number; p95: number; p99: number } {
  const sorted = durations.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

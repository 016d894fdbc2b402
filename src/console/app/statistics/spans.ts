/** How many jobs were created, and how they ended, in a span of time that begins at `start`. */
export type Span = { start: string; created: number; completed: number; failed: number; cancelled: number };

/** An hour of minutes, and the one that has begun. */
export const mostBars = 61;

/** Spans put together, so that there are no more than `most`: the last of them may be shorter. */
export function gathered(spans: readonly Span[], most: number): Span[] {
  const size = Math.ceil(spans.length / most);
  const groups = Array.from({ length: Math.ceil(spans.length / size) || 0 }, (_, index) =>
    spans.slice(index * size, (index + 1) * size),
  );
  return groups.map((group) => ({
    start: group[0]?.start ?? "",
    created: sum(group, "created"),
    completed: sum(group, "completed"),
    failed: sum(group, "failed"),
    cancelled: sum(group, "cancelled"),
  }));
}

export const endedIn = ({ completed, failed, cancelled }: Span): number => completed + failed + cancelled;

/** The end of an axis: the next number from the largest that is easy to read, `least` at least. */
export function axisEnd(largest: number, least = 1): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, largest)));
  return [1, 2, 5, 10].map((step) => step * power).find((end) => end >= largest) ?? largest;
}

const sum = (spans: readonly Span[], name: "created" | "completed" | "failed" | "cancelled"): number =>
  spans.reduce((total, span) => total + span[name], 0);

/** By how much a number differs from the one before: +12 %, −3 %, 14 times. Null: there is nothing to compare with. */
export function changeWords(now: number, before: number): string | null {
  if (before === 0) return null;
  if (now >= before * 10) return `${Math.floor(now / before)} times the time before`;
  const percent = Math.round(((now - before) / before) * 100);
  return percent === 0
    ? "as many as in the time before"
    : `${percent > 0 ? "+" : "−"}${Math.abs(percent)} % on the time before`;
}

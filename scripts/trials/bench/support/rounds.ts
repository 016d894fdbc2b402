/** What is compared: its name, and one run of it, which gives a figure. */
export type Contender = { name: string; run: () => Promise<number> };

/**
 * The median figure of each contender over interleaved rounds (A B C A B C …), so that what else the machine does falls on
 * all of them alike.
 */
export async function medians(contenders: readonly Contender[], rounds: number): Promise<Record<string, number>> {
  const figures = contenders.map(({ name }) => ({ name, measured: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    for (const [index, { run }] of contenders.entries()) figures[index]?.measured.push(await run());
  }
  return Object.fromEntries(figures.map(({ name, measured }) => [name, median(measured)]));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Runs `task` for each of `count` numbers, `width` at a time. */
export async function inParallel(count: number, width: number, task: (index: number) => Promise<unknown>) {
  let next = 0;
  await Promise.all(
    Array.from({ length: Math.min(width, count) }, async () => {
      while (next < count) await task(next++);
    }),
  );
}

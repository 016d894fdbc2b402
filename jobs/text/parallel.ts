/**
 * Runs `run` for all items, at most `limit` at once. After a failure nothing new begins, but what is under way
 * comes to its end first: it has been paid for, and its steps will be found again.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  limit: number,
  run: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = items.entries();
  let hasFailed = false;
  async function work(): Promise<void> {
    for (const [index, item] of waiting) {
      if (hasFailed) return;
      results[index] = await run(item).catch((error: unknown) => {
        hasFailed = true;
        throw error;
      });
    }
  }
  const outcomes = await Promise.allSettled(Array.from({ length: limit }, work));
  const failure = outcomes.find((outcome) => outcome.status === "rejected");
  if (failure) throw failure.reason;
  return results;
}

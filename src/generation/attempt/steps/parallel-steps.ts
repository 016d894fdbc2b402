/**
 * Runs parallel pieces of work so that one's failure waits for those that are under way: they are being paid for, and
 * the next attempt would start the same pieces while they still run. Until they end, no new piece starts. `jobs/text/parallel.ts` does the same for a handler's list of items.
 */
export function createParallelSteps(signal: AbortSignal): <T>(run: () => Promise<T>) => Promise<T> {
  const underWay = new Set<Promise<unknown>>();
  let failure: { error: unknown } | null = null;

  async function othersDone(): Promise<void> {
    while (underWay.size > 0 && !signal.aborted) await Promise.allSettled(underWay);
  }

  return async (run) => {
    signal.throwIfAborted();
    if (failure) {
      const { error } = failure;
      await othersDone();
      throw error;
    }
    const work = run();
    underWay.add(work);
    try {
      return await work;
    } catch (error) {
      underWay.delete(work);
      failure ??= { error };
      await othersDone();
      failure = null;
      throw error;
    } finally {
      underWay.delete(work);
    }
  };
}

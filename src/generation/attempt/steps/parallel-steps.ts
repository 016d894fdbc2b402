import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate } from "node:timers/promises";

type Piece = { work: Promise<unknown>; isOver: boolean };

/** Whether the handler has returned or thrown: nothing new begins then. */
export type HandlerState = { isOver: boolean };

/**
 * Runs parallel pieces of work so that one's failure waits for those that are under way: they are being paid for, and
 * the next attempt would start the same pieces while they still run. Until they end, no new piece starts; then the
 * handler ends with the failure, or goes on in spite of it, and with it those that were to start.
 * `jobs/text/parallel.ts` does the same for a handler's list of items. Pieces may run inside each other.
 */
export function createParallelSteps(
  signal: AbortSignal,
  handler: HandlerState,
): <T>(run: () => Promise<T>) => Promise<T> {
  const underWay = new Set<Piece>();
  const outerPieces = new AsyncLocalStorage<readonly Piece[]>();
  let failure: { error: unknown } | null = null;

  async function othersDone(outer: readonly Piece[]): Promise<void> {
    // These cannot end before the piece inside them has.
    const paused = outer.filter((piece) => underWay.delete(piece));
    while (underWay.size > 0 && !signal.aborted) await Promise.allSettled([...underWay].map(({ work }) => work));
    for (const piece of paused) if (!piece.isOver) underWay.add(piece);
  }

  return async (run) => {
    signal.throwIfAborted();
    const outer = outerPieces.getStore() ?? [];
    while (failure) {
      const { error } = failure;
      await othersDone(outer);
      // The failure goes its way through the handler's promises.
      await setImmediate();
      signal.throwIfAborted();
      if (handler.isOver) throw error;
    }
    const piece: Piece = { work: Promise.resolve(), isOver: false };
    const work = outerPieces.run([...outer, piece], run);
    piece.work = work;
    underWay.add(piece);
    try {
      return await work;
    } catch (error) {
      underWay.delete(piece);
      failure ??= { error };
      await othersDone(outer);
      failure = null;
      throw error;
    } finally {
      piece.isOver = true;
      underWay.delete(piece);
    }
  };
}

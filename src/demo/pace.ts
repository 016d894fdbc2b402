import { setImmediate, setTimeout } from "node:timers/promises";

/** What slows an answer down, and what ends it early. */
export type Pace = {
  delayMsPerChunk: number;
  onChunk: (chunk: string) => Promise<void> | void;
  /** Aborted when the client has closed its socket. */
  gone: AbortSignal;
};

/** The chunks, with a pause before each. Throws the reason of `gone` as soon as it is aborted. */
export async function* paced(
  chunks: readonly string[],
  { delayMsPerChunk, onChunk, gone }: Pace,
): AsyncGenerator<string> {
  for (const chunk of chunks) {
    // The event loop must turn between chunks even without a delay: else a closed socket is noticed only at the end.
    if (delayMsPerChunk > 0) await setTimeout(delayMsPerChunk, undefined, { signal: gone });
    else await setImmediate(undefined, { signal: gone });
    await unlessAborted(onChunk(chunk), gone);
    yield chunk;
  }
}

/** Waits for `work`, but no longer than until `signal` is aborted. Then throws its reason. */
export async function unlessAborted<T>(work: Promise<T> | T, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

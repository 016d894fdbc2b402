/** A point at which a handler waits until the test lets it go on. */
export function createGate(): { reached: Promise<void>; open(): void; pass(signal?: AbortSignal): Promise<void> } {
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  return {
    reached: reached.promise,
    open: () => opened.resolve(),
    async pass(signal) {
      reached.resolve();
      const aborted = Promise.withResolvers<never>();
      signal?.addEventListener("abort", () => aborted.reject(signal.reason), { once: true });
      if (signal?.aborted) throw signal.reason;
      await Promise.race([opened.promise, aborted.promise]);
    },
  };
}

/** Polls what `read` gives until `accept` takes it. Fails with the last value after `seconds`. */
export async function eventually<T>(
  read: () => Promise<T> | T,
  accept: (value: T) => boolean,
  seconds = 30,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const value = await read();
    if (accept(value)) return value;
    if (Date.now() > deadline) throw new Error(`Not within ${seconds} s. Last seen: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

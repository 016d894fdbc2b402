import { GalleyError } from "./error.ts";
import type { Signalled } from "./request.ts";

export type Patience = {
  /** The service has answered: what comes next has all the time again. */
  renew(): void;
  /**
   * Waits before the next try. Throws `error` if it is one that does not pass, or if nothing was answered for so long, and
   * what `signal` was aborted with.
   */
  wait(error: unknown): Promise<void>;
};

const firstPauseMs = 250;
const longestPauseMs = 10_000;

/** How long a service that is away is waited for, and how often it is asked. `seconds`: without an answer, in a row. */
export function createPatience(seconds: number, { signal }: Signalled): Patience {
  let tries = 0;
  let since = Date.now();
  return {
    renew() {
      tries = 0;
      since = Date.now();
    },
    async wait(error) {
      if (!(error instanceof GalleyError && error.isPassing)) throw error;
      if (Date.now() - since > seconds * 1000) throw error;
      const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** tries++);
      // Clients whose lines broke together do not come back together.
      const spreadMs = pauseMs * (0.5 + Math.random() / 2);
      await pause(Math.max(spreadMs, (error.retryAfterSeconds ?? 0) * 1000), signal);
    },
  };
}

/** Waits. Throws what `signal` was aborted with. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done);
  });
  signal?.throwIfAborted();
}

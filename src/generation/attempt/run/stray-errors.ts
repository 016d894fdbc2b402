import { AsyncLocalStorage } from "node:async_hooks";
import { Interruption } from "../../../errors.ts";
import type { Log } from "../../../log/log.ts";

/** The attempt whose handler the calling code belongs to. */
type Owner = { log: Log; about: object; controller: AbortController };

const owners = new AsyncLocalStorage<Owner>();

/** Runs a handler so that what its timers and forgotten promises throw is known to be its own. */
export function asOwner<T>(owner: Owner, run: () => T): T {
  return owners.run(owner, run);
}

/**
 * Keeps the process alive when code throws where nothing catches it. The log names the job whose handler it was, and
 * its attempt fails at once, if it still runs. Returns how to stop that.
 */
export function catchStrayErrors(log: Log): () => Promise<void> {
  const hear = (error: unknown) => {
    const owner = owners.getStore();
    // Several may run in one process, each with a log of its own.
    if (!owner || owner.log === log) report(log, owner, error);
  };
  process.on("uncaughtException", hear);
  process.on("unhandledRejection", hear);
  return async () => {
    process.off("uncaughtException", hear);
    process.off("unhandledRejection", hear);
  };
}

function report(log: Log, owner: Owner | undefined, error: unknown): void {
  const signal = owner?.controller.signal;
  // Work that follows from a stopped attempt: why it stopped is in the log already.
  if (error instanceof Interruption || (signal?.aborted && error === signal.reason)) return;
  log.error({ event: "stray_error", ...owner?.about, err: error });
  owner?.controller.abort(error);
}

/** A promise that the author's API hands out: if the handler forgets it, its failure ends nothing. */
export function handedOut<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

import { Interruption, JobError } from "../../../errors.ts";
import type { Outcome } from "../ending/ending.ts";
import type { Output } from "../output.ts";

/**
 * Runs an attempt's work until it is done, the attempt's time is up, or its signal is aborted. At the time limit the
 * signal is aborted with the JobError `timeout`. A handler that does not heed its signal is left behind, and what it
 * still writes is refused. `standstill`: milliseconds in which nothing could be written, which are not the work's time.
 */
export async function withinTimeLimit(
  controller: AbortController,
  limitSeconds: number,
  standstill: () => number,
  start: () => Promise<Output>,
): Promise<Outcome> {
  const { signal } = controller;
  const began = performance.now();
  const stoodStill = standstill();
  let limit: NodeJS.Timeout | undefined;
  function watch(): void {
    const used = performance.now() - began - (standstill() - stoodStill);
    const left = limitSeconds * 1000 - used;
    if (left > 0) limit = setTimeout(watch, left);
    else controller.abort(new JobError("timeout"));
  }
  watch();
  const aborted = Promise.withResolvers<never>();
  if (signal.aborted) aborted.reject(signal.reason);
  else signal.addEventListener("abort", () => aborted.reject(signal.reason), { once: true });
  try {
    return { output: await Promise.race([start(), aborted.promise]) };
  } catch (error) {
    return { error: signal.aborted ? signal.reason : error };
  } finally {
    clearTimeout(limit);
    // What the handler left running belongs to no attempt any more.
    controller.abort(new Interruption("lost"));
  }
}

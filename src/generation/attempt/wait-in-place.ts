import { setTimeout as delay } from "node:timers/promises";
import { JobError, WaitError } from "../../errors.ts";
import type { AttemptId } from "../job/job.ts";
import type { Notes } from "./notes.ts";
import { noWait } from "./running-attempt.ts";

const longestInPlaceMilliseconds = 30_000;
// Waits under 2 s are not recorded: clients poll every 2 s and would not see them.
const shortestRecordedMilliseconds = 2_000;
// The moment may come from another machine's clock that is behind this one: without a floor the wait would spin.
const shortestMilliseconds = 50;
const longestAgainMilliseconds = 1_000;
const mostInARow = 20;

export type InPlace = <T>(run: () => Promise<T>) => Promise<T>;

/**
 * Runs work of one attempt again when its WaitError's time has come, without handing the phase back: a short wait costs
 * less in place. A longer one is thrown on, and so is one that would last beyond `lastMoment` (of `performance.now()`):
 * the attempt's time is for its work, and to wait is not to fail. To wait again and again for a moment that is over is:
 * the attempt ends with a JobError then, as if the handler had thrown one.
 */
export function createWaitInPlace(
  write: Notes,
  attempt: AttemptId,
  signal: AbortSignal,
  lastMoment: number,
): InPlace {
  let recorded = 0;

  async function wait(milliseconds: number, { until, why }: WaitError): Promise<void> {
    const pause = () => delay(milliseconds, undefined, { signal });
    if (milliseconds < shortestRecordedMilliseconds) return await pause();
    const event = { type: "waiting" as const, data: { until: until.toISOString(), why, inPlace: true } };
    const fields = { nextAttemptAt: until, waitingFor: why };
    await write({ attempt, what: () => ({ fields, events: [event] }) });
    recorded++;
    await pause();
    // Parallel steps may still wait.
    if (--recorded > 0) return;
    await write({ attempt, what: () => ({ fields: noWait, events: [] }) });
  }

  return async (run) => {
    let atLeast = shortestMilliseconds;
    for (let inARow = 0; ; ) {
      try {
        return await run();
      } catch (error) {
        if (!(error instanceof WaitError)) throw error;
        const left = error.until.getTime() - Date.now();
        const milliseconds = Math.max(atLeast, left);
        const isOver = left <= shortestMilliseconds;
        inARow = isOver ? inARow + 1 : 0;
        const isTooLate = performance.now() + milliseconds > lastMoment;
        if (isOver && (isTooLate || inARow > mostInARow)) throw waitedInVain(inARow, error);
        if (milliseconds > longestInPlaceMilliseconds || isTooLate) throw error;
        await wait(milliseconds, error);
        atLeast = isOver ? Math.min(longestAgainMilliseconds, 2 * atLeast) : shortestMilliseconds;
      }
    }
  };
}

const waitedInVain = (times: number, cause: WaitError): JobError =>
  new JobError("internal", `The handler waited ${times} times in a row for a moment that was over.`, { cause });

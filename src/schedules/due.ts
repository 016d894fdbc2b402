import type { NextAfter } from "./occurrences.ts";

/** What becomes of occurrences that no process could run in time: nothing, or one job for all of them. */
export type Missed = "skip" | "once";

/** What is to be done about a schedule at a moment. `null`: nothing is to be submitted. */
export type Decision = {
  /** The occurrence that a job is to be submitted for. */
  run: Date | null;
  /** How many no job is submitted for, up to `mostCounted`, and the latest of them. */
  missed: number;
  lastMissed: Date | null;
  /** The first occurrence that is still to come. */
  next: Date | null;
};

// Longer than a process takes to be replaced, or a database to fail over.
export const inTimeSeconds = 60;
/** Beyond, it is only said that there were so many. */
export const mostCounted = 1_000;

/**
 * Decides what becomes of a schedule whose occurrence `due` has come. The latest occurrence stands for those before it, which
 * were missed; it is run in its time, and later only for `once`. Null if nothing is due.
 */
export function decide(next: NextAfter, missed: Missed, due: Date, now: Date): Decision | null {
  if (due > now) return null;
  const latest = latestUntil(next, due, now);
  const isInTime = now.getTime() - latest.getTime() < inTimeSeconds * 1000;
  const run = isInTime || missed === "once" ? latest : null;
  const isMissed = run === null;
  return {
    run,
    missed: countUntil(next, due, isMissed ? latest : justBefore(latest)),
    lastMissed: isMissed ? latest : due < latest ? latestUntil(next, due, justBefore(latest)) : null,
    next: next(now),
  };
}

const justBefore = (moment: Date): Date => new Date(moment.getTime() - 1);

/** The latest occurrence up to `now`, which `due` is one of: found in as many looks as the span has binary digits. */
function latestUntil(next: NextAfter, due: Date, now: Date): Date {
  let latest = due;
  let [from, to] = [due.getTime(), now.getTime()];
  // Most often nothing else has come.
  for (let middle = from; from <= to; middle = Math.floor((from + to) / 2)) {
    const found = next(new Date(middle));
    if (found && found <= now) {
      latest = found;
      from = found.getTime();
    } else {
      to = middle - 1;
    }
  }
  return latest;
}

/** How many occurrences there are from `due` on until that moment, up to `mostCounted`. */
function countUntil(next: NextAfter, due: Date, moment: Date): number {
  let count = 0;
  for (let at: Date | null = due; at && at <= moment && count < mostCounted; at = next(at)) count++;
  return count;
}

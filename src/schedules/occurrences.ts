import { Cron } from "croner";
import { type Expression, readExpression } from "./expression.ts";

/** When something is to happen again and again. `timeZone`: by its name in the IANA database. */
export type Recurrence = { cron: string; timeZone: string };

/** The first occurrence later than a moment. Null if there is none. */
export type NextAfter = (moment: Date) => Date | null;

/** The first moment of all, for what asks whether anything ever comes. */
const anyTime = new Date("2000-01-01T00:00:00Z");

/** What is wrong with a cron expression: what was expected and what came. Null if nothing is. */
export function problemOfCron(cron: string): string | null {
  const expression = readExpression(cron);
  if ("problem" in expression) return expression.problem;
  try {
    return walk(expression, "UTC")(anyTime) ? null : `expected a day that comes, got "${cron}"`;
  } catch (error) {
    return `expected a cron expression, got "${cron}": ${(error as Error).message}`;
  }
}

/** What is wrong with a time zone. An offset is none: it knows no summer. */
export function problemOfTimeZone(timeZone: string): string | null {
  const isKnown = /^[a-z]/i.test(timeZone) && isTimeZone(timeZone);
  return isKnown ? null : `expected a time zone like "Europe/Berlin" or "UTC", got "${timeZone}"`;
}

function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone }) !== null;
  } catch {
    return false;
  }
}

/**
 * When a recurrence comes. One that comes in every hour follows the hours as they pass, be it 23 of them on a day or 25. Any
 * other follows the clock on the wall: a time that a day does not have comes at the end of the gap, once for all times in it,
 * and one that a day has twice comes the first time. Throws for an expression or a zone with a problem.
 */
export function occurrencesOf({ cron, timeZone }: Recurrence): NextAfter {
  const expression = readExpression(cron);
  if ("problem" in expression) throw new Error(expression.problem);
  return walk(expression, timeZone);
}

function walk({ fields, minutes, hours }: Expression, timezone: string): NextAfter {
  // croner knows the two kinds by their spelling: what has a star or a step follows the hours as they pass.
  const times = hours.length === 24 ? [fields[0], "*"] : [minutes.join(","), hours.join(",")];
  const options = { timezone, mode: "5-part", fixedTimeRule: "no-wildcard", paused: true } as const;
  const pattern = new Cron([...times, ...fields.slice(2)].join(" "), options);
  return (moment) => pattern.nextRun(moment);
}

/** The next occurrences later than a moment. */
export function* upcoming(next: NextAfter, moment: Date): Generator<Date, void> {
  for (let at = next(moment); at; at = next(at)) yield at;
}

/** A moment as the clock of a time zone shows it: `2026-10-25T02:30:00+02:00`. */
export function onClockOf(timeZone: string): (moment: Date) => string {
  const format = new Intl.DateTimeFormat("sv-SE", {
    timeZone,
    dateStyle: "short",
    timeStyle: "medium",
  });
  return (moment) => {
    const wall = format.format(moment).replace(" ", "T");
    const minutes = Math.round((Date.parse(`${wall}Z`) - moment.getTime()) / 60_000);
    const [hours, rest] = [Math.abs(minutes) / 60, Math.abs(minutes) % 60].map((one) =>
      `${Math.floor(one)}`.padStart(2, "0"),
    );
    return `${wall}${minutes < 0 ? "-" : "+"}${hours}:${rest}`;
  };
}

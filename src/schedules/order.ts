import { RequestError } from "../errors.ts";
import { checkSubmission, type SubmissionParts } from "../generation/requests/submit.ts";
import type { Missed } from "./due.ts";
import { type NextAfter, occurrencesOf, problemOfCron, problemOfTimeZone, type Recurrence } from "./occurrences.ts";

/** What a schedule submits, and when. */
export type ScheduleOrder = Recurrence & {
  type: string;
  input: unknown;
  missed: Missed;
  paused: boolean;
  /** As of a submission. */
  priority: number;
  maxCostUsd: string | null;
  tags: string[];
};

export type ScheduleChanges = { [Name in keyof ScheduleOrder]?: ScheduleOrder[Name] | undefined };

/** Says together all that is wrong with what was given of an order. What was stored may not fit any more, and is let be. */
export function checkOrder(
  parts: Omit<SubmissionParts, "queue">,
  tenant: string,
  given: ScheduleChanges,
  { type, input }: ScheduleOrder,
): void {
  const problems: [string, string | null][] = [
    ["/cron", given.cron === undefined ? null : problemOfCron(given.cron)],
    ["/timeZone", given.timeZone === undefined ? null : problemOfTimeZone(given.timeZone)],
  ];
  const issues = problems.flatMap(([pointer, message]) => (message === null ? [] : [{ pointer, message }]));
  try {
    if (given.type !== undefined || given.input !== undefined) checkSubmission(parts, tenant, { type, input });
  } catch (error) {
    if (!(error instanceof RequestError) || issues.length === 0) throw error;
    issues.push(...error.issues);
  }
  if (issues.length > 0) throw new RequestError("invalid_input", "The schedule is not valid.", { issues });
}

/** The times of a stored schedule. Throws RequestError (`conflict`) if Node has since dropped its time zone. */
export function timesOf({ cron, timeZone }: Recurrence): NextAfter {
  const problem = problemOfCron(cron) ?? problemOfTimeZone(timeZone);
  if (problem !== null) throw new RequestError("conflict", `The schedule has no times any more: ${problem}.`);
  return occurrencesOf({ cron, timeZone });
}

/** When a schedule that is changed at `now` comes next. An occurrence that is due stays: a worker is about to submit it. */
export function nextOf(
  before: Recurrence & { nextRunAt: Date | null },
  order: Recurrence & { paused: boolean },
  now: Date,
): Date | null {
  if (order.paused) return null;
  const { nextRunAt, cron, timeZone } = before;
  const comesAsBefore = cron === order.cron && timeZone === order.timeZone;
  return nextRunAt !== null && (comesAsBefore || nextRunAt <= now) ? nextRunAt : timesOf(order)(now);
}

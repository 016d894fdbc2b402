import { JobError } from "../../../errors.ts";

const firstSeconds = 2;
const longestSeconds = 300;

/**
 * When to try again after the given attempt: at the moment that the error asks for, but not before a delay that doubles
 * with each attempt (up to 2 s, 4 s, … 5 min) and of which `random` (0 to 1) picks a part.
 */
export function retryTime(error: unknown, attempt: number, now: Date, random: number): Date {
  const ceiling = Math.min(longestSeconds, firstSeconds * 2 ** (attempt - 1));
  const earliest = error instanceof JobError ? (error.retryAt?.getTime() ?? 0) : 0;
  return new Date(Math.max(earliest, now.getTime() + random * ceiling * 1000));
}

/**
 * When to try again what was lost with its worker so many times: within 0.5 s, since most often another job
 * ended the worker, then within 2 s, 8 s, …
 */
export const timeAfterLoss = (lost: number, now: Date, random: number): Date =>
  new Date(now.getTime() + random * 500 * 4 ** (lost - 1));

import type { Job } from "./job.ts";

/**
 * An attempt that is lost with its worker says nothing against its job: many run in a process, and one of them ends
 * it. Such attempts count apart from the job's own. After two of them the phase runs alone in its process, so that every
 * further loss is its own.
 */
const aloneAfter = 2;
const most = 4;

type Losses = Pick<Job, "lostAttempts" | "maxAttempts">;

/** Whether the phase must have its process to itself, after what it has lost so far. */
export const runsAlone = ({ lostAttempts }: Pick<Job, "lostAttempts">): boolean => lostAttempts >= aloneAfter;

/** How many attempts of a phase may be lost: at least four, and never fewer than it may take by itself. Each lost one has raised `maxAttempts` by one. */
export const mostLostAttempts = ({ lostAttempts, maxAttempts }: Losses): number =>
  Math.max(most, maxAttempts - lostAttempts);

import { sql } from "drizzle-orm";
import type { JobType } from "../../author/define.ts";
import { generationJobs } from "../../db/schema/index.ts";
import type { PlacedPhase } from "../job/catalogue.ts";
import type { JobRow } from "../job/store.ts";
import type { Claimed } from "../queue/queue.ts";

/** An attempt that has begun: the row as `start` left it, and where in its type the job is. */
export type Running = { claimed: Claimed; row: JobRow; phase: PlacedPhase; type: JobType; startedAt: number };

export const startingChanges = (row: JobRow, phase: PlacedPhase, claim: number) => ({
  phase: phase.name,
  currentStep: phase.label,
  percentage: atLeast(phase.percentage.from),
  startedAt: row.startedAt ?? sql`now()`,
  phaseStartedAt: sql`now()`,
  attempts: attemptsAt(row, claim),
  claim,
  ...noWait,
});

/** Nothing has gone wrong since. */
export const noError = { errorCode: null, errorRetryable: null, providerRequestId: null };
export const noWait = { nextAttemptAt: null, waitingFor: null };

/** Each claim was an attempt, also one whose worker was gone before it could say so. */
export const attemptsAt = (row: JobRow, claim: number): number => row.attempts + claim - (row.claim ?? -1);

/** Percentages never go down. */
export const atLeast = (percentage: number) => sql`greatest(${generationJobs.percentage}, ${percentage}::integer)`;

/** Seconds left, if the rest goes as fast as what is done. */
export const timeLeft = (percentage: number) =>
  percentage < 5
    ? null
    : sql`ceil(extract(epoch from now() - ${generationJobs.startedAt}) * ${(100 - percentage) / percentage}::float8)::integer`;

import { sql } from "drizzle-orm";
import type { JobType } from "../../author/define.ts";
import type { PlacedPhase } from "../job/catalogue.ts";
import { atLeast } from "../job/percentage.ts";
import type { JobRow } from "../job/store.ts";
import type { ClaimedQueueJob } from "../queue/phase-jobs.ts";

/** An attempt that has begun: the row as `start` left it, and where in its type the job is. */
export type RunningAttempt = {
  claimed: ClaimedQueueJob;
  row: JobRow;
  phase: PlacedPhase;
  type: JobType;
  /** By `performance.now()`. */
  startedAt: number;
};

export const startingFields = (row: JobRow, phase: PlacedPhase, claim: number) => ({
  phase: phase.name,
  currentStep: phase.label,
  percentage: atLeast(phase.percentage.from),
  startedAt: row.startedAt ?? sql`now()`,
  phaseStartedAt: sql`now()`,
  // A claim whose worker died before it could begin was no attempt.
  attempts: row.attempts + 1,
  claim,
  ...noWait,
});

/** Nothing has gone wrong since. */
export const noError = { errorCode: null, errorDetail: null, errorRetryable: null, providerRequestId: null };
export const noWait = { nextAttemptAt: null, waitingFor: null };

import type { JobType } from "../../author/define.ts";
import type { PlacedPhase } from "../job/catalogue.ts";
import type { Job } from "../job/job.ts";
import { atLeast } from "../job/percentage.ts";
import type { ClaimedQueueJob } from "../queue/phase-jobs.ts";

/** An attempt that has begun: the row as `start` left it, and where in its type the job is. */
export type RunningAttempt = {
  claimed: ClaimedQueueJob;
  row: Job;
  phase: PlacedPhase;
  type: JobType;
  /** By `performance.now()`. */
  startedAt: number;
  /** What it begins with, if this process knows it already. */
  given?: Given | undefined;
};

/** `hasSteps`: earlier attempts of the phase have finished some. */
export type Given = { input: unknown; hasSteps: boolean };

/** What starting a phase writes. `now`: the database's time. */
export const startingFields = (
  job: Job,
  phase: PlacedPhase,
  { claim, workerId, now }: { claim: number; workerId: string | null; now: Date },
) => ({
  phase: phase.name,
  currentStep: phase.label,
  percentage: atLeast(job, phase.percentage.from),
  startedAt: job.startedAt ?? now,
  phaseStartedAt: now,
  // Counted here and not by the claim: a worker may die between the two.
  attempts: job.attempts + 1,
  claim,
  workerId,
  ...noWait,
});

/** Clears what the job says of its latest error. */
export const noError = { errorCode: null, errorDetail: null, errorRetryable: null, providerRequestId: null };
export const noWait = { nextAttemptAt: null, waitingFor: null };

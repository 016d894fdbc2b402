import type { JobType } from "../../author/define.ts";
import type { PlacedPhase } from "../job/catalogue.ts";
import type { Job } from "../job/job.ts";
import { type TypicalTime, timeLeft } from "../job/progress/estimates.ts";
import { atLeast } from "../job/progress/percentage.ts";
import type { ClaimedQueueJob } from "../queue/phase-jobs.ts";
import type { Stored } from "./run/stored-input.ts";

/** An attempt that has begun: the row as `start` left it, and where in its type the job is. */
export type RunningAttempt = {
  claimed: ClaimedQueueJob;
  row: Job;
  phase: PlacedPhase;
  type: JobType;
  /** How long jobs of its type take. */
  typical: TypicalTime | null;
  /** By `performance.now()`. */
  startedAt: number;
  /** What it begins with, if this process knows it already. */
  given?: Given | undefined;
};

/** `hasSteps`: earlier attempts of the phase have finished some. */
export type Given = Stored & { hasSteps: boolean };

type StartedBy = { typical: TypicalTime | null; claim: number; workerId: string | null; now: Date };

/** What starting a phase writes. `now`: the database's time. */
export const startingFields = (job: Job, phase: PlacedPhase, { typical, claim, workerId, now }: StartedBy) => ({
  phase: phase.name,
  currentStep: phase.label,
  percentage: atLeast(job, phase.percentage.from),
  estimatedTimeRemaining: timeLeft(typical, atLeast(job, phase.percentage.from)),
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

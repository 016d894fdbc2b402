import type { JobErrorCode } from "../../errors.ts";

/** How an attempt or a job failed, as its consumer reads it. `detail` says where, if the failure has a place. */
export type JobFailure = {
  code: JobErrorCode;
  message: string;
  detail: string | null;
  retryable: boolean;
  phase: string;
  attempt: number;
  providerRequestId: string | null;
};

/** What the calls of a step's last run used. Null where nothing was called, or a price is not known. */
export type StepCost = { provider: string | null; model: string | null; cost: string | null };

/** One entry in a job's history. Its number is given when it is written. */
export type JobEvent =
  | { type: "submitted" | "resumed"; data: Record<string, never> }
  /** `reason`: why, if no one asked for it. */
  | { type: "cancelled"; data: { reason?: "topic_deleted" } }
  | { type: "phase_started"; data: { phase: string; attempt: number } }
  | { type: "progress"; data: { percentage: number; currentStep: string } }
  | { type: "step_started"; data: { phase: string; attempt: number; step: string; label: string } }
  /** A piece of what the step's model writes. A `step_started` of the same step means: drop what came before. */
  | { type: "text"; data: { phase: string; attempt: number; step: string; delta: string } }
  | {
      type: "step_finished";
      data: { phase: string; attempt: number; step: string; label: string; reused: boolean } & StepCost;
    }
  | {
      type: "attempt_failed";
      data: { phase: string; attempt: number; error: JobFailure; nextAttemptAt: string | null };
    }
  /** `inPlace`: the attempt goes on after that; else the phase has gone back and another attempt follows. */
  /** `until`: null while it waits for jobs that it has spawned. `answers`: the names of those that a person is asked for. */
  | { type: "waiting"; data: { until: string | null; why: string; inPlace: boolean; answers?: string[] } }
  /** A person has given the answer that the phase waits for. */
  | { type: "answered"; data: { phase: string; name: string } }
  | { type: "phase_completed"; data: { phase: string; attempt: number; seconds: number } }
  | { type: "completed"; data: Record<string, unknown> }
  | { type: "failed"; data: { error: JobFailure } };

/** What a reader is given in place of events that were removed, from the first to the last of them. It is never written. */
export type Snapshot = { type: "snapshot"; data: { from: number; to: number } };

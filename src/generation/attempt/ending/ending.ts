import { Interruption, JobError, WaitError } from "../../../errors.ts";
import type { JobFailure } from "../../history/events.ts";
import { wantsAnswer, wantsChildren } from "../../job/job.ts";
import { mostLostAttempts } from "../../job/lost-attempts.ts";
import { AnswersWanted } from "../answers/wait-for.ts";
import type { WantedAnswer } from "../answers/wanted-answers.ts";
import { ChildrenWanted } from "../children/spawn.ts";
import type { Output } from "../output.ts";
import type { RunningAttempt } from "../running-attempt.ts";
import { describeFailure } from "./failure.ts";
import { retryTime, timeAfterLoss } from "./retry-delay.ts";

/** What came of a handler's run. */
export type Outcome = { output: Output } | { error: unknown };

/** How an attempt ends: the transition to apply, with all that writing it needs. */
export type Ending = { attempt: RunningAttempt } & (
  | { transition: "advance" | "complete"; output: Output; seconds: number }
  /** The phase runs again at `at`; this attempt counts against `maxAttempts`. */
  | { transition: "retry"; failure: JobFailure; at: Date }
  /**
   * The phase runs again at `at`, or when one of these answers is given; without a time, when all that it has spawned has
   * ended. This attempt does not count against `maxAttempts`.
   */
  | { transition: "wait"; why: string; at: Date | null; answers?: readonly WantedAnswer[] }
  | { transition: "fail"; failure: JobFailure }
  /** There is nothing to write: the job is cancelled, or another attempt has it. */
  | { transition: null; why: "cancelled" | "lost" }
);

/** An ending without what it is the ending of. */
type Decision = Ending extends infer One ? (One extends Ending ? Omit<One, "attempt"> : never) : never;

export type FinishedEnding = Extract<Ending, { output: unknown }>;

export const isFinished = (ending: Ending): ending is FinishedEnding => "output" in ending;

// A handler that waits for a moment that is over would run again and again.
const shortestWaitMilliseconds = 1_000;

/** Decides how an attempt ends. `seconds`: how long it took. `random`: from 0 to 1. */
export function endingOf(
  attempt: RunningAttempt,
  outcome: Outcome,
  { now, seconds }: { now: Date; seconds: number },
  random: number,
): Ending {
  return { attempt, ...decide(attempt, outcome, { now, seconds }, random) } as Ending;
}

function decide(
  attempt: RunningAttempt,
  outcome: Outcome,
  { now, seconds }: { now: Date; seconds: number },
  random: number,
): Decision {
  const { row, phase } = attempt;
  if ("output" in outcome) {
    const { output } = outcome;
    return { transition: output.next ? "advance" : "complete", output, seconds };
  }
  const { error } = outcome;
  if (error instanceof AnswersWanted)
    return { transition: "wait", why: wantsAnswer, at: error.until, answers: error.answers };
  if (error instanceof ChildrenWanted) return { transition: "wait", why: wantsChildren, at: null };
  if (error instanceof WaitError) {
    const earliest = now.getTime() + shortestWaitMilliseconds;
    return { transition: "wait", why: error.why, at: new Date(Math.max(earliest, error.until.getTime())) };
  }
  if (error instanceof Interruption) {
    return error.why === "stopping"
      ? { transition: "wait", why: "the service restarts", at: now }
      : { transition: null, why: error.why };
  }
  const failure = describeFailure(error, phase.name, row.attempts);
  return failure.retryable && row.attempts < row.maxAttempts
    ? { transition: "retry", failure, at: retryTime(error, row.attempts, now, random) }
    : { transition: "fail", failure };
}

/** How an attempt ended that never said so. */
export type LostEnding = Extract<Ending, { transition: "retry" | "fail" }>;

/**
 * Decides how an attempt ends that was lost with its worker. It uses up none of the job's own attempts, and the delay
 * grows with each loss, so that those that were lost together do not meet again.
 */
export function endingOfLost(attempt: RunningAttempt, now: Date, random: number): LostEnding {
  const { row, phase } = attempt;
  const failure = describeFailure(new JobError("worker_lost"), phase.name, row.attempts);
  const lost = row.lostAttempts + 1;
  return lost < mostLostAttempts(row)
    ? { attempt, transition: "retry", failure, at: timeAfterLoss(lost, now, random) }
    : { attempt, transition: "fail", failure };
}

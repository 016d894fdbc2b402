import type { Recorded } from "../../../author/define.ts";
import { newUuid } from "../../../ids.ts";
import type { JobEvent } from "../../history/events.ts";
import type { Job } from "../../job/job.ts";
import type { JobTransaction } from "../../job/locked-jobs.ts";
import { timeLeft } from "../../job/progress/estimates.ts";
import { atLeast } from "../../job/progress/percentage.ts";
import { applyTransition } from "../../job/store.ts";
import type { ToSend } from "../../queue/phase-jobs.ts";
import { noError, noWait } from "../running-attempt.ts";
import type { Ending, FinishedEnding, LostEnding } from "./ending.ts";
import { failJob } from "./fail-job.ts";
import { attemptFailed, failureFields } from "./failure.ts";

/** What an ending changes of its job. Returns the phase that is to be sent, if one follows. */
export function applyEnding(transaction: JobTransaction, ending: Ending, recorded: Recorded): ToSend | null {
  switch (ending.transition) {
    case "advance":
      return advance(transaction, ending, recorded);
    case "complete":
      return complete(transaction, ending, recorded);
    case "retry": {
      const { attempt, failure, at } = ending;
      const fields = { ...failureFields(failure), nextAttemptAt: at, waitingFor: null };
      mustLand(applyTransition(transaction, "retry", attempt.claimed, fields, [attemptFailed(failure, at)]));
      return null;
    }
    case "wait":
      return wait(transaction, ending);
    case "fail":
      mustLand(failJob(transaction, ending.attempt.claimed, ending.failure));
      return null;
    default:
      return null;
  }
}

function advance(transaction: JobTransaction, ending: FinishedEnding, recorded: Recorded): ToSend {
  const { claimed, row, phase, typical } = ending.attempt;
  const { next } = ending.output;
  if (!next) throw new Error(`The phase "${phase.name}" is the last one.`);
  const before = transaction.locked.get(row.id)?.job ?? row;
  const percentage = atLeast(before, next.percentage.from);
  const job = applyTransition(
    transaction,
    "advance",
    claimed,
    {
      phase: next.name,
      currentStep: next.label,
      percentage,
      estimatedTimeRemaining: timeLeft(typical, percentage),
      attempts: 0,
      lostAttempts: 0,
      maxAttempts: row.requestedMaxAttempts ?? next.maxAttempts,
      queueJobId: newUuid(),
      claim: null,
      ...noError,
      ...noWait,
      ...recordedFields(before, recorded),
    },
    [phaseCompleted(ending)],
  );
  return { phase: next, job: mustLand(job), trace: claimed.trace };
}

function complete(transaction: JobTransaction, ending: FinishedEnding, recorded: Recorded): null {
  const { claimed, row } = ending.attempt;
  const before = transaction.locked.get(row.id)?.job ?? row;
  const { result = ending.output.value } = recorded;
  const { articleId, wordCount, seoScore } = recordedFields(before, recorded);
  const { cost } = before;
  const job = applyTransition(
    transaction,
    "complete",
    claimed,
    {
      phase: "completed",
      percentage: 100,
      currentStep: "Completed",
      resultData: result,
      articleId,
      wordCount,
      seoScore,
      ...noError,
    },
    [phaseCompleted(ending), { type: "completed", data: { articleId, wordCount, seoScore, cost } }],
  );
  mustLand(job);
  return null;
}

/** What the type has recorded by now; some of it may be there since before the last phase. */
const recordedFields = (job: Job, { articleId, wordCount, seoScore }: Recorded) => ({
  articleId: articleId ?? job.articleId,
  wordCount: wordCount ?? job.wordCount,
  seoScore: seoScore ?? job.seoScore,
});

/** What the ending of an attempt changes that was lost with its worker. Returns what is to be sent, if it is tried again. */
export function applyLostEnding(transaction: JobTransaction, ending: LostEnding): ToSend | null {
  const { failure, attempt } = ending;
  const { claimed, row, phase } = attempt;
  const lostAttempts = row.lostAttempts + 1;
  if (ending.transition === "fail") {
    mustLand(failJob(transaction, claimed, failure, { lostAttempts }));
    return null;
  }
  // The new queue job knows whether it must run alone; pg-boss would count every claim against the old one's attempts.
  const fields = {
    ...failureFields(failure),
    lostAttempts,
    maxAttempts: row.maxAttempts + 1,
    queueJobId: newUuid(),
    claim: null,
    nextAttemptAt: ending.at,
    waitingFor: null,
  };
  const job = applyTransition(transaction, "retry", claimed, fields, [attemptFailed(failure, ending.at)]);
  return { phase, job: mustLand(job), trace: claimed.trace };
}

// The phase goes back under a new queue job: pg-boss counts every claim against the old one's attempts.
function wait(transaction: JobTransaction, { attempt, why, at, answers }: Extract<Ending, { transition: "wait" }>) {
  const { claimed, row, phase } = attempt;
  // Its place among those that its tenant may have under way is free.
  if (answers || at === null) transaction.notice.freed.add(row.tenant);
  const fields = {
    attempts: row.attempts - 1,
    queueJobId: newUuid(),
    claim: null,
    nextAttemptAt: at,
    waitingFor: why,
    // No one knows how long a person takes, or what else is in the queue.
    ...((answers || at === null) && { estimatedTimeRemaining: null }),
  };
  const asked = answers && { answers: answers.map(({ name }) => name) };
  const event: JobEvent = {
    type: "waiting",
    data: { until: at?.toISOString() ?? null, why, inPlace: false, ...asked },
  };
  const job = mustLand(applyTransition(transaction, "wait", claimed, fields, [event]));
  return { phase, job, trace: claimed.trace };
}

const phaseCompleted = ({ attempt, seconds }: FinishedEnding): JobEvent => ({
  type: "phase_completed",
  data: { phase: attempt.phase.name, attempt: attempt.row.attempts, seconds: Math.round(seconds * 1000) / 1000 },
});

// Whether the attempt may end so was looked at under the lock that still holds.
function mustLand(job: Job | null): Job {
  if (!job) throw new Error("A transition that was possible did not land.");
  return job;
}

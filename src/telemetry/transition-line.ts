import { type Landed, secondsOfPhase, secondsWaited } from "../generation/job/landed.ts";

/** What the log says of a transition: which job, which attempt of which phase, for how long, and why. */
export function transitionLine(landed: Landed): Record<string, unknown> {
  const { transition, before, job } = landed;
  // A phase that ends is named, and not the one that follows.
  const about = transition === "start" ? job : (before ?? job);
  const seconds = secondsOfPhase(landed);
  const waited = secondsWaited(landed);
  const isOver = transition === "retry" || transition === "fail" || transition === "wait";
  return {
    event: transition,
    job: job.id,
    type: job.type,
    tenant: job.tenant,
    phase: about.phase,
    attempt: about.attempts,
    ...(seconds === null ? {} : { milliseconds: Math.round(seconds * 1000) }),
    ...(waited === null ? {} : { waitedMilliseconds: Math.round(waited * 1000) }),
    ...(isOver && job.errorCode !== null ? { code: job.errorCode } : {}),
    ...(isOver && job.nextAttemptAt !== null ? { at: job.nextAttemptAt } : {}),
    ...(isOver && job.waitingFor !== null ? { why: job.waitingFor } : {}),
    ...(transition === "complete" ? { cost: job.cost } : {}),
  };
}

import type { Db } from "../../db/client.ts";
import { transactPatiently } from "../../db/commit/patience.ts";
import { JobError } from "../../errors.ts";
import type { JobEvent } from "../history/events.ts";
import type { Catalogue } from "../job/catalogue.ts";
import { applyTransition, lockJob } from "../job/store.ts";
import type { ClaimedQueueJob } from "../queue/phase-jobs.ts";
import { attemptFailed, describeFailure } from "./failure.ts";
import { type RunningAttempt, startingFields } from "./running-attempt.ts";
import { closeAbandonedCalls } from "./steps/calls.ts";

/** Makes a claim an attempt. Null if the queue job does not stand for its job any more. */
export async function beginAttempt(
  db: Db,
  catalogue: Catalogue,
  claimed: ClaimedQueueJob,
): Promise<RunningAttempt | null> {
  const startedAt = performance.now();
  return await transactPatiently(db, async (transaction) => {
    const before = await lockJob(transaction.tx, claimed.jobId);
    const phase = before && catalogue.phase(before.type, before.phase);
    const type = before && catalogue.type(before.type);
    if (!before || !phase || !type || phase.queue !== claimed.queue) return null;

    // It has begun already: only the answer to that commit was lost. No other worker holds this very claim.
    const hasBegun = before.queueJobId === claimed.queueJobId && before.claim === claimed.claim;
    if (hasBegun) return { claimed, row: before, phase, type, startedAt };

    const events: JobEvent[] = [];
    // The attempt before never said how it ended, so its worker is dead. One that waits in place has not ended either.
    const isAttemptLost = before.claim !== null && (before.nextAttemptAt === null || before.waitingFor !== null);
    if (isAttemptLost) {
      events.push(attemptFailed(describeFailure(new JobError("worker_lost"), phase.name, before.attempts), null));
    }
    const fields = startingFields(before, phase, claimed.claim);
    events.push({ type: "phase_started", data: { phase: phase.name, attempt: fields.attempts } });
    const row = await applyTransition(transaction, "start", claimed, fields, events);
    if (!row) return null;
    if (isAttemptLost) await closeAbandonedCalls(transaction.tx, row.id);
    return { claimed, row, phase, type, startedAt };
  });
}

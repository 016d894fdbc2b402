import type { Db } from "../../db/client.ts";
import { transactPatiently } from "../../db/commit/patience.ts";
import type { Catalogue } from "../job/catalogue.ts";
import { applyTransition, type JobRow, lockJob } from "../job/store.ts";
import type { ClaimedQueueJob } from "../queue/phase-jobs.ts";
import type { Queue } from "../queue/queue.ts";
import { endingOfLost, type LostEnding } from "./ending.ts";
import { type RunningAttempt, startingFields } from "./running-attempt.ts";
import { writeLostEnding } from "./write-endings.ts";

/** An attempt that runs now; or what is due first: the ending of the one before, which was lost with its worker. */
export type Begun = { attempt: RunningAttempt } | { lost: LostEnding };

/**
 * Makes a claim an attempt. Null if the queue job does not stand for its job any more. `onlyLost`: begins nothing, and
 * only ends the attempt before if that was lost.
 */
export async function beginAttempt(
  { db, catalogue, queue }: { db: Db; catalogue: Catalogue; queue: Queue },
  claimed: ClaimedQueueJob,
  { onlyLost = false } = {},
): Promise<Begun | null> {
  const startedAt = performance.now();
  return await transactPatiently(db, async (transaction) => {
    const before = await lockJob(transaction.tx, claimed.jobId);
    const phase = before && catalogue.phase(before.type, before.phase);
    const type = before && catalogue.type(before.type);
    if (!before || !phase || !type || phase.queue !== claimed.queue) return null;

    // It has begun already: only the answer to that commit was lost. No other worker holds this very claim.
    const hasBegun = before.queueJobId === claimed.queueJobId && before.claim === claimed.claim;
    if (hasBegun) return { attempt: { claimed, row: before, phase, type, startedAt } };

    if (before.claim !== null && isLost(before, claimed)) {
      const lost = { claimed: { ...claimed, claim: before.claim }, row: before, phase, type, startedAt };
      const ending = endingOfLost(lost, new Date(), Math.random());
      await writeLostEnding(transaction, queue, claimed, ending);
      return { lost: ending };
    }
    if (onlyLost) return null;
    const fields = startingFields(before, phase, claimed.claim);
    const row = await applyTransition(transaction, "start", claimed, fields, [
      { type: "phase_started", data: { phase: phase.name, attempt: fields.attempts } },
    ]);
    return row && { attempt: { claimed, row, phase, type, startedAt } };
  });
}

/**
 * Whether the attempt before this claim never said how it ended: then its worker is dead. One that waits in place has
 * not ended either.
 */
const isLost = (before: JobRow, claimed: ClaimedQueueJob): boolean =>
  before.queueJobId === claimed.queueJobId &&
  before.claim !== null &&
  before.claim < claimed.claim &&
  (before.nextAttemptAt === null || before.waitingFor !== null);

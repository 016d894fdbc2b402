import type { Db } from "../../db/client.ts";
import { transactPatiently } from "../../db/commit/patience.ts";
import type { Log } from "../../log.ts";
import type { ModelPort } from "../../model/port.ts";
import type { PriceList } from "../../money/prices.ts";
import type { Catalogue } from "../job/catalogue.ts";
import type { ClaimedQueueJob } from "../queue/phase-jobs.ts";
import type { Queue } from "../queue/queue.ts";
import { beginAttempt } from "./begin.ts";
import { type Ending, endingOf, type Outcome } from "./ending.ts";
import { runPhase } from "./run-phase.ts";
import type { RunningAttempt } from "./running-attempt.ts";
import { asOwner } from "./stray-errors.ts";
import { withinTimeLimit } from "./timeout.ts";
import { type Written, writeEndings } from "./write-endings.ts";

export type AttemptParts = {
  db: Db;
  queue: Queue;
  catalogue: Catalogue;
  port: ModelPort;
  prices: PriceList;
  log: Log;
  /** The most that a phase or a step may give, in bytes of JSON. */
  maxOutputBytes: number;
};

/** The claim's place in its process: the handle to stop its work, and where a handler's run is counted. */
export type AttemptSlot = { controller: AbortController; track(work: Promise<unknown>): void };

/** One attempt from claim to end. Returns how it ended; null if there was nothing to run. */
export async function runAttempt(
  parts: AttemptParts,
  claimed: ClaimedQueueJob,
  slot: AttemptSlot,
): Promise<Ending | null> {
  const begun = await beginAttempt(parts, claimed);
  if (!begun) {
    // The claim stands for no job any more. A newer claim on the same queue job is left alone.
    await transactPatiently(parts.db, (transaction) => parts.queue.complete(transaction, claimed.queue, claimed));
    return null;
  }
  if ("lost" in begun) {
    report(parts.log, begun.lost, 0, { landed: true });
    return begun.lost;
  }
  const { attempt } = begun;
  parts.log.info({ event: "start", ...describe(attempt) });
  const outcome = await withinTimeLimit(slot.controller, attempt.phase.expireInSeconds, () => {
    const owner = { log: parts.log, about: describe(attempt), controller: slot.controller };
    const work = asOwner(owner, () => runPhase(parts, attempt, slot.controller.signal));
    slot.track(work);
    return work;
  });
  return await end(parts, attempt, outcome);
}

/**
 * Ends the attempt before this claim if it was lost with its worker, before the claim waits to run alone or is handed
 * back. Null if there was none.
 */
export async function endLostAttempt(parts: AttemptParts, claimed: ClaimedQueueJob): Promise<Ending | null> {
  const begun = await beginAttempt(parts, claimed, { onlyLost: true });
  if (!begun || !("lost" in begun)) return null;
  report(parts.log, begun.lost, 0, { landed: true });
  return begun.lost;
}

/** Writes and reports the ending. One that cannot be written is the attempt's own failure. */
async function end(parts: AttemptParts, attempt: RunningAttempt, outcome: Outcome): Promise<Ending> {
  const seconds = (performance.now() - attempt.startedAt) / 1000;
  const ending = endingOf(attempt, outcome, { now: new Date(), seconds }, Math.random());
  if ("error" in outcome && "failure" in ending) reportFailure(parts.log, ending, outcome.error);
  const [written] = await writeEndings(parts.db, parts.queue, [ending]);
  if (written && "refused" in written) {
    const isFailure = "failure" in ending;
    // A failure that is refused too is not written again: the claim lapses, and the next attempt tells of a lost worker.
    if (isFailure) throw written.refused;
    return await end(parts, attempt, { error: written.refused });
  }
  report(parts.log, ending, seconds, written);
  return ending;
}

function reportFailure(
  log: Log,
  { attempt, failure }: Extract<Ending, { failure: unknown }>,
  error: unknown,
): void {
  if (failure.code === "internal") log.error({ event: "handler_threw", ...describe(attempt), err: error });
}

function report(log: Log, ending: Ending, seconds: number, written: Written | undefined): void {
  const about = { ...describe(ending.attempt), milliseconds: Math.round(seconds * 1000) };
  if (ending.transition === null || !written?.landed) {
    const why = ending.transition === null ? ending.why : "lost";
    log.info({ event: "interrupted", ...about, why });
    return;
  }
  log.info({
    event: ending.transition,
    ...about,
    ...("failure" in ending ? { code: ending.failure.code } : {}),
    ...("at" in ending ? { at: ending.at } : {}),
    ...("why" in ending ? { why: ending.why } : {}),
  });
}

const describe = ({ row, phase }: RunningAttempt) => ({
  job: row.id,
  type: row.type,
  phase: phase.name,
  attempt: row.attempts,
});

import type { Publisher } from "../../content/shopify/publisher.ts";
import type { Db } from "../../db/client.ts";
import { JobError } from "../../errors.ts";
import type { Log } from "../../log/log.ts";
import { createAbilities } from "../../model/abilities.ts";
import type { Models } from "../../model/models.ts";
import type { PriceList } from "../../money/prices.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { traceCall } from "../../telemetry/traces/call-span.ts";
import type { Catalogue } from "../job/catalogue.ts";
import type { TypicalTimes } from "../job/progress/typical-times.ts";
import type { Queue } from "../queue/queue.ts";
import type { SubmitChildren } from "./children/spawn.ts";
import { type Ending, endingOf, type Outcome } from "./ending/ending.ts";
import { type ClaimNext, createWriteEnding, type WriteEnding } from "./ending/write-endings.ts";
import { createNotes } from "./notes.ts";
import { createReadInput } from "./run/inputs.ts";
import { type RunParts, runPhase } from "./run/run-phase.ts";
import { asOwner } from "./run/stray-errors.ts";
import { withinTimeLimit } from "./run/timeout.ts";
import type { RunningAttempt } from "./running-attempt.ts";
import { type CloseCall, createCloseCall } from "./steps/calls.ts";
import { createKeepStep } from "./steps/keep-step.ts";
import { createOpenCall } from "./steps/open-call.ts";
import { inAttemptSpan } from "./traced.ts";

export type AttemptOptions = {
  db: Db;
  queue: Queue;
  catalogue: Catalogue;
  models: Models;
  publisher: Publisher;
  prices: PriceList;
  submitChildren: SubmitChildren;
  typicalTimes: TypicalTimes;
  metrics: Pick<Metrics, "called">;
  log: Log;
  /** The most that a phase or a step may give, in bytes of JSON. */
  maxOutputBytes: number;
};

/** What all attempts of a process share: what they write at the same moment is written together. */
export type AttemptParts = AttemptOptions & RunParts & { writeEnding: WriteEnding };

export function createAttemptParts(options: AttemptOptions, claimNext: ClaimNext): AttemptParts {
  const { db, queue } = options;
  return {
    ...options,
    readInput: createReadInput(db),
    write: createNotes(db),
    keepStep: createKeepStep(db),
    abilitiesOf: createAbilities(db),
    openCall: createOpenCall(db),
    closeCall: measured(createCloseCall(db), options.metrics),
    writeEnding: createWriteEnding({ db, queue, claimNext }),
  };
}

const measured =
  (closeCall: CloseCall, metrics: Pick<Metrics, "called">): CloseCall =>
  async (call) => {
    traceCall(call);
    await closeCall(call);
    metrics.called({ ...call.called, ...call.end });
  };

/** The claim's place in its process: the handle to stop its work, and where a handler's run is counted. */
export type AttemptSlot = { controller: AbortController; track(work: Promise<unknown>): void };

/** One attempt from its beginning to its end. Returns how it ended. */
export const runAttempt = (parts: AttemptParts, attempt: RunningAttempt, slot: AttemptSlot): Promise<Ending> =>
  inAttemptSpan(attempt, (traced) => run(parts, traced, slot));

async function run(parts: AttemptParts, attempt: RunningAttempt, slot: AttemptSlot): Promise<Ending> {
  const { standstill } = parts.db.$client;
  const limit = attempt.phase.expireInSeconds;
  const outcome = await withinTimeLimit(slot.controller, limit, standstill.milliseconds, () => {
    const owner = { log: parts.log, about: describe(attempt), controller: slot.controller };
    const work = asOwner(owner, () => runPhase(parts, attempt, slot.controller.signal));
    slot.track(work);
    return work;
  });
  return await end(parts, attempt, outcome);
}

/** Writes the ending. One that cannot be written is the attempt's own failure. */
async function end(parts: AttemptParts, attempt: RunningAttempt, outcome: Outcome): Promise<Ending> {
  const seconds = (performance.now() - attempt.startedAt) / 1000;
  const ending = endingOf(attempt, outcome, { now: new Date(), seconds }, Math.random());
  if ("error" in outcome && "failure" in ending) reportFailure(parts.log, ending, outcome.error);
  const written = await parts.writeEnding(ending);
  if ("refused" in written) {
    const isFailure = "failure" in ending;
    // A failure that is refused too is not written again: the claim lapses, and the next attempt reports a lost worker.
    if (isFailure) throw written.refused;
    return await end(parts, attempt, { error: written.refused });
  }
  if (ending.transition === null || !written.landed) {
    const why = ending.transition === null ? ending.why : "lost";
    parts.log.info({ event: "interrupted", ...describe(attempt), milliseconds: Math.round(seconds * 1000), why });
  }
  return ending;
}

function reportFailure(
  log: Log,
  { attempt, failure }: Extract<Ending, { failure: unknown }>,
  error: unknown,
): void {
  // A type's `migrate` may have thrown anything.
  const isForeign = error instanceof JobError && failure.code === "input_mismatch" && error.cause !== undefined;
  if (failure.code === "internal" || isForeign)
    log.error({ event: "handler_threw", ...describe(attempt), err: error });
}

const describe = ({ row, phase }: RunningAttempt) => ({
  job: row.id,
  type: row.type,
  phase: phase.name,
  attempt: row.attempts,
});

import { and, eq } from "drizzle-orm";
import type { PhaseContext } from "../../author/define.ts";
import type { Db } from "../../db/client.ts";
import { transactPatiently } from "../../db/commit/patience.ts";
import { generationPhases } from "../../db/schema/index.ts";
import { Interruption, JobError, PermanentError } from "../../errors.ts";
import type { ModelPort } from "../../model/port.ts";
import { closeAbandonedCalls } from "../../money/ledger.ts";
import type { PriceList } from "../../money/prices.ts";
import type { JobEvent } from "../history/events.ts";
import type { Catalogue } from "../job/catalogue.ts";
import { apply, lockJob, write } from "../job/store.ts";
import type { Claimed } from "../queue/queue.ts";
import { describeFailure } from "./failure.ts";
import { type Running, startingChanges, timeLeft } from "./running-attempt.ts";
import { createModelClient } from "./steps/model-client.ts";
import { createSteps, requireStep } from "./steps/steps.ts";
import { createWaiting } from "./wait-in-place.ts";

/** Makes a claim an attempt. Null if the queue job stands for its job no more. */
export async function beginAttempt(db: Db, catalogue: Catalogue, claimed: Claimed): Promise<Running | null> {
  const startedAt = performance.now();
  return await transactPatiently(db, async (change) => {
    const before = await lockJob(change.tx, claimed.jobId);
    const phase = before && catalogue.phase(before.type, before.phase);
    const type = before && catalogue.type(before.type);
    if (!before || !phase || !type || phase.queue !== claimed.queue) return null;

    // It has begun already: only the answer to that commit was lost. Nobody else holds this very claim.
    const hasBegun = before.queueJobId === claimed.queueJobId && before.claim === claimed.claim;
    if (hasBegun) return { claimed, row: before, phase, type, startedAt };

    const events: JobEvent[] = [];
    // The attempt before never said how it ended, so its worker is gone. One that waits in place has not ended either.
    const lostAttempt = before.claim !== null && (before.nextAttemptAt === null || before.waitingFor !== null);
    if (lostAttempt) {
      const error = describeFailure(new JobError("worker_lost"), phase.name, before.attempts);
      events.push({
        type: "attempt_failed",
        data: { phase: phase.name, attempt: before.attempts, error, nextAttemptAt: null },
      });
    }
    const changes = startingChanges(before, phase, claimed.claim);
    events.push({ type: "phase_started", data: { phase: phase.name, attempt: changes.attempts } });
    const row = await apply(change, "start", claimed, changes, events);
    if (!row) return null;
    if (lostAttempt) await closeAbandonedCalls(change.tx, row.id);
    return { claimed, row, phase, type, startedAt };
  });
}

/** Runs the phase's handler. Returns its output, checked; throws what the handler threw. */
export async function runPhase(
  db: Db,
  { port, prices }: { port: ModelPort; prices: PriceList },
  running: Running,
  signal: AbortSignal,
): Promise<unknown> {
  const { row, phase, claimed, startedAt } = running;
  const about = { phase: phase.name, attempt: row.attempts };
  const holder = { jobId: row.id, queueJobId: claimed.queueJobId, claim: claimed.claim };
  const input = phase.definition.input.safeParse(await readInput(db, running));
  if (!input.success)
    throw new PermanentError(`The input of "${phase.name}" does not fit its schema.`, { cause: input.error });
  const inPlace = createWaiting(db, claimed, signal, startedAt + (phase.expireInSeconds * 1000) / 2);
  const context: PhaseContext<unknown> = {
    input: input.data,
    job: { id: row.id, type: row.type, tenant: row.tenant },
    attempt: row.attempts,
    signal,
    step: await createSteps(db, running, signal, inPlace),
    model: createModelClient({
      port,
      prices,
      db,
      owner: () => ({ ...holder, tenant: row.tenant, ...about, step: requireStep().key }),
      text: () => requireStep().text,
      inPlace,
      signal,
    }),
    progress: createProgress(db, running),
  };
  const output = await phase.definition.run(context as PhaseContext<never>);
  const checked = phase.definition.output.safeParse(output);
  if (!checked.success)
    throw new Error(`The output of "${phase.name}" does not fit its schema.`, { cause: checked.error });
  return checked.data;
}

function createProgress(db: Db, { claimed, row, phase }: Running): PhaseContext<unknown>["progress"] {
  // Another attempt may have come further; consumers never see less.
  let highest = row.percentage;
  let before: Promise<unknown> = Promise.resolve();

  async function tell(percentage: number, currentStep: string): Promise<void> {
    const changes = { percentage, currentStep, estimatedTimeRemaining: timeLeft(percentage) };
    const event = { type: "progress" as const, data: { percentage, currentStep } };
    const landed = await transactPatiently(db, (change) => write(change, claimed, changes, [event]));
    if (!landed) throw new Interruption("lost");
  }

  return ({ done, of, currentStep = phase.label }) => {
    const { from, to } = phase.percentage;
    const part = of > 0 ? Math.min(1, Math.max(0, done / of)) : 0;
    highest = Math.max(highest, Math.min(99, Math.floor(from + (to - from) * part)));
    // Parallel sections report at the same moment: what was said first is written first.
    const percentage = highest;
    const told = before.then(() => tell(percentage, currentStep));
    before = told.catch(() => undefined);
    return told;
  };
}

async function readInput(db: Db, { row, phase, type }: Running): Promise<unknown> {
  const before = type.phases[phase.position - 1];
  if (!before) return row.requestData;
  const [kept] = await db
    .select({ output: generationPhases.output })
    .from(generationPhases)
    .where(and(eq(generationPhases.jobId, row.id), eq(generationPhases.phase, before.name)));
  if (!kept) throw new PermanentError(`The output of "${before.name}" is not there.`);
  return kept.output;
}

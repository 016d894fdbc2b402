import { AsyncLocalStorage } from "node:async_hooks";
import type { Step } from "../../../author/context.ts";
import type { Db } from "../../../db/client.ts";
import { patiently } from "../../../db/commit/patience.ts";
import { queryWith } from "../../../db/commit/statement.ts";
import { Interruption, PermanentError } from "../../../errors.ts";
import { hashOf } from "../../../hash.ts";
import { readStepCosts } from "../../../money/ledger.ts";
import { inStepSpan } from "../../../telemetry/traces/step-span.ts";
import type { JobEvent, StepCost } from "../../history/events.ts";
import type { Notes } from "../notes.ts";
import { outputJson } from "../output.ts";
import type { RunningAttempt } from "../running-attempt.ts";
import type { InPlace } from "../wait-in-place.ts";
import type { KeepStep } from "./keep-step.ts";
import { readKeptSteps, StepKept } from "./kept-steps.ts";
import { createParallelSteps, type HandlerState } from "./parallel-steps.ts";
import { checkStepInput, requireKey } from "./step-input.ts";
import { createStepText, type StepText } from "./step-text.ts";

/** `calls`: how many its present run has made. */
type CurrentStep = { key: string; inputHash: string; text: StepText; calls: number };

const currentStep = new AsyncLocalStorage<CurrentStep>();

/** The step that the calling code runs in. Paid work outside of one would be paid for again by the next attempt. */
export function requireStep(): CurrentStep {
  const step = currentStep.getStore();
  if (step === undefined) throw new PermanentError("The handler called the model outside of a step.");
  return step;
}

/** Runs a handler. An attempt may begin in the context of another job's step, whose commit has claimed it. */
export const outsideOfSteps = <T>(run: () => T): T => currentStep.exit(run);

export const isInStep = (): boolean => currentStep.getStore() !== undefined;

export type StepParts = { db: Db; write: Notes; keepStep: KeepStep; maxOutputBytes: number };

/** The steps of one attempt. Finds what earlier attempts have finished. */
export async function createSteps(
  { db, write, keepStep, maxOutputBytes }: StepParts,
  { claimed, row, phase, hasSteps }: RunningAttempt & { hasSteps: boolean },
  signal: AbortSignal,
  inPlace: InPlace,
  handler: HandlerState,
): Promise<Step> {
  const kept = hasSteps ? await patiently(db, () => readKeptSteps(db, row.id, phase.name)) : [];
  const finished = new Map(kept.map(({ inputHash, key, output }) => [`${inputHash} ${key}`, output]));
  const running = new Map<string, Promise<unknown>>();
  const inParallel = createParallelSteps(signal, handler);
  const about = { phase: phase.name, attempt: row.attempts };

  async function writeEvent(event: JobEvent): Promise<void> {
    if (!(await write({ attempt: claimed, what: () => ({ events: [event] }) }))) throw new Interruption("lost");
  }

  const finishedEvent = (step: string, label: string, reused: boolean, cost: StepCost): JobEvent => ({
    type: "step_finished",
    data: { ...about, step, label, reused, ...cost },
  });

  async function costOf(step: string): Promise<StepCost> {
    const query = queryWith(db.$client, db.$client.session);
    const [cost] = await patiently(db, () => readStepCosts(query, [{ jobId: row.id, phase: phase.name, step }]));
    return cost as StepCost;
  }

  /** Returns what is kept: the first output for this input. `before`: events that were not written yet. */
  async function keep(key: string, inputHash: string, label: string, json: string, before: JobEvent[]) {
    const { output, landed } = await keepStep({
      attempt: claimed,
      step: { jobId: row.id, phase: phase.name, key, inputHash },
      json,
      number: row.attempts,
      events: (reused, cost) => [...before, finishedEvent(key, label, reused, cost)],
    });
    if (!landed) throw new Interruption("lost");
    return output;
  }

  async function once<Output>(key: string, inputHash: string, label: string, run: () => Promise<Output>) {
    const id = `${inputHash} ${key}`;
    const reuse = async (output: unknown) => {
      await writeEvent(finishedEvent(key, label, true, await costOf(key)));
      return output as Output;
    };
    if (finished.has(id)) return await reuse(finished.get(id));
    const started: JobEvent = { type: "step_started", data: { ...about, step: key, label } };
    await writeEvent(started);
    const text = createStepText(write, claimed, { ...about, step: key }, started);
    try {
      const given = await inPlace(() => currentStep.run({ key, inputHash, text, calls: 0 }, run));
      const json = outputJson(`The output of the step "${key}"`, given, maxOutputBytes);
      const output = await keep(key, inputHash, label, json, await text.end());
      finished.set(id, output);
      return output as Output;
    } catch (error) {
      if (!(error instanceof StepKept)) throw error;
      finished.set(id, error.output);
      return await reuse(error.output);
    } finally {
      await text.end();
    }
  }

  return async (name, input, run, options) => {
    const key = requireKey(name);
    checkStepInput(key, input);
    const inputHash = hashOf(input);
    const id = `${inputHash} ${key}`;
    // Two calls with the same key and input are one piece of work, also while it runs.
    const promise =
      running.get(id) ?? inParallel(() => inStepSpan(key, () => once(key, inputHash, options?.label ?? key, run)));
    running.set(id, promise);
    try {
      return (await promise) as Awaited<ReturnType<typeof run>>;
    } finally {
      running.delete(id);
    }
  };
}

import { AsyncLocalStorage } from "node:async_hooks";
import { PermanentError } from "../../errors.ts";
import { checkStepInput, requireKey } from "../../generation/attempt/steps/step-input.ts";
import { hashOf } from "../../hash.ts";
import type { Step } from "../context.ts";

/** A finished step: a later run of its phase with the same input finds it again. */
export type KeptStep = {
  phase: string;
  key: string;
  inputHash: string;
  label: string | undefined;
  output: unknown;
};

const isInStep = new AsyncLocalStorage<true>();

/** As in the service: a call outside of a step would be paid for again by the next attempt. */
export function requireStep(): void {
  if (!isInStep.getStore()) throw new PermanentError("The handler called the model outside of a step.");
}

/** The steps of one run of a phase, kept in `steps`. */
export function createBenchSteps(steps: KeptStep[], phase: string, signal: AbortSignal): Step {
  const running = new Map<string, Promise<unknown>>();

  return async (name, input, run, options) => {
    const key = requireKey(name);
    checkStepInput(key, input);
    const inputHash = hashOf(input);
    const kept = steps.find((one) => one.phase === phase && one.key === key && one.inputHash === inputHash);
    if (kept) return kept.output as Awaited<ReturnType<typeof run>>;
    signal.throwIfAborted();
    const once = async () => {
      const output = throughJson(await isInStep.run(true, run));
      signal.throwIfAborted();
      steps.push({ phase, key, inputHash, label: options?.label, output });
      return output;
    };
    // Two calls with the same key and input are one piece of work, also while it runs.
    const id = `${inputHash} ${key}`;
    const work = running.get(id) ?? once().finally(() => running.delete(id));
    running.set(id, work);
    return (await work) as Awaited<ReturnType<typeof run>>;
  };
}

/** What is kept is kept as JSON, and comes back as such. Nothing is null there. */
export const throughJson = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value ?? null)) as Value;

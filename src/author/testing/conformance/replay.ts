import { isDeepStrictEqual } from "node:util";
import { type KeptStep, throughJson } from "../bench-steps.ts";
import { attempt, type Look, said } from "./breach.ts";

const mostCuts = 8;

/** A phase that runs again, with some of its steps or all of them kept, gives the same and pays for nothing again. */
export const findUnstableReplays: Look = async (specimen) => {
  const { steps } = specimen.reference;
  const cuts = new Set(
    Array.from({ length: mostCuts }, (_, index) => Math.round((steps.length * index) / mostCuts)),
  );
  const found: string[] = [];
  for (const cut of [...cuts, steps.length]) {
    const kept = steps.slice(0, cut);
    const again = await attempt(specimen, { steps: kept, attempt: 2 });
    const when = `run again after ${cut} of ${steps.length} steps`;
    if ("error" in again) found.push(`${when}: ${said(again.error)}`);
    else if (!isDeepStrictEqual(throughJson(again.output), throughJson(specimen.output)))
      found.push(`${when}: gives another output`);
    const others = again.bench.steps.filter((step) => !has(steps, step));
    for (const { phase, key } of others)
      found.push(`${phase}: ${when}, the step "${key}" has another key or input`);
    if (cut === steps.length && others.length === 0 && again.bench.calls.length > 0)
      found.push(`${when}: asks the model ${again.bench.calls.length} times, outside of what is kept`);
  }
  return found;
};

/** Two jobs with the same input have the same steps. Nothing in a key or an input is of the moment. */
export const findUnstableKeys: Look = async (specimen) => {
  const other = await attempt(specimen);
  const { steps } = specimen.reference;
  const differ = other.bench.steps.filter((step) => !has(steps, step));
  return differ.map(({ phase, key }) => `${phase}: the step "${key}" has another key or input in each run`);
};

const has = (steps: readonly KeptStep[], { phase, key, inputHash }: KeptStep): boolean =>
  steps.some((step) => step.phase === phase && step.key === key && step.inputHash === inputHash);

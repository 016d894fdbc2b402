import { setTimeout as delay } from "node:timers/promises";
import { Interruption } from "../../../errors.ts";
import { createGate } from "../gate.ts";
import { demo, type Script } from "../script.ts";
import { begin, type Look, phaseOf, type Specimen } from "./breach.ts";

const mostCalls = 12;

/** A run that is aborted while it waits for the model, or at its very beginning, ends. */
export const findDeafPhases: Look = async (specimen) => {
  const { calls } = specimen.reference;
  const heldCalls = Array.from({ length: Math.min(mostCalls, calls.length) }, (_, index) => index + 1);
  const found = await Promise.all([0, ...heldCalls].map((call) => abortAt(specimen, call)));
  return [...new Set(found.flat())];
};

/** `number`: the call that is held while the signal is aborted. 0: at once. */
async function abortAt(specimen: Specimen, number: number): Promise<string[]> {
  const gate = createGate();
  const script: Script = async (call) => {
    if (call.number === number) await gate.pass();
    return await demo(call);
  };
  const abort = new AbortController();
  const { bench, ended } = begin(specimen, { script, signal: abort.signal });
  if (number > 0) await Promise.race([gate.reached, ended]);
  abort.abort(new Interruption("cancelled"));
  const waiting = new AbortController();
  const isOver = await Promise.race([
    ended.then(() => true),
    delay(specimen.ceilingSeconds * 1000, false, { signal: waiting.signal }),
  ]);
  waiting.abort();
  return isOver
    ? []
    : [`${phaseOf({ bench }, specimen)}: still runs ${specimen.ceilingSeconds} s after its signal was aborted`];
}

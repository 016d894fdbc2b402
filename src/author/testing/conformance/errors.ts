import { z } from "zod";
import { faultNames } from "../../../demo/fault.ts";
import { Interruption, JobError, WaitError } from "../../../errors.ts";
import { demo, fault, faultAt, type Script } from "../script.ts";
import { attempt, type Look, type Outcome, phaseOf, type Specimen, said } from "./breach.ts";
import { emptiest } from "./emptiest.ts";

const mostCalls = 6;

/** Texts that models give instead of what they were asked for. */
const oddTexts: Record<string, string> = {
  "nothing at all": "",
  "white space": " \n\t\n ",
  "a refusal in prose": "I'm sorry, but I can't help with that.",
  "broken JSON": '{"title": "Soup", "items": [',
  "another JSON": "[[]]",
  "characters that cannot be stored": "a\u0000b\ud800c",
  "50,000 characters": "word ".repeat(10_000),
};

/**
 * Whatever a model answers, a phase completes or throws one of the author's errors; and what may be tried again completes
 * once the model answers well: nothing that cannot be used is kept.
 */
export const findUndeclaredErrors: Look = async (specimen) => {
  const scripts: [string, Script][] = [
    ...Object.entries(oddTexts).map(([what, text]): [string, Script] => [`answered ${what}`, () => text]),
    ["answered the emptiest objects", (call) => (call.schema ? JSON.stringify(emptiest(call.schema)) : demo(call))],
  ];
  const calls = Math.min(mostCalls, specimen.reference.calls.length);
  for (const name of faultNames.filter((one) => one !== "stall")) {
    scripts.push([`with ${name} at each call`, limited(name)]);
    for (let number = 1; number <= calls; number++)
      scripts.push([`with ${name} at call ${number}`, faultAt(number, name)]);
  }
  const found: string[] = [];
  for (const [when, script] of scripts) found.push(...(await examine(specimen, when, script)));
  return [...new Set(found)];
};

/** What the service waits for does not last for ever. */
const limited =
  (name: (typeof faultNames)[number]): Script =>
  (call) =>
    call.number <= 3 ? fault(name) : demo(call);

async function examine(specimen: Specimen, when: string, script: Script): Promise<string[]> {
  const outcome = await attempt(specimen, { script });
  if (!("error" in outcome)) return [];
  const where = `${phaseOf(outcome, specimen)}, ${when}`;
  const { error } = outcome;
  if (error instanceof z.ZodError) return [`${where}: its output does not fit its schema (${said(error)})`];
  if (!isDeclared(error)) return [`${where}: throws ${said(error)}`];
  if (!(error instanceof JobError && error.retryable)) return [];
  const again: Outcome = await attempt(specimen, { steps: outcome.bench.steps, attempt: 2 });
  return "error" in again ? [`${where}: cannot go on when the model answers well again: ${said(again.error)}`] : [];
}

const isDeclared = (error: unknown): boolean =>
  [JobError, WaitError, Interruption].some((kind) => error instanceof kind);

import type { JobType } from "../../define.ts";
import { findDeafPhases } from "./abort.ts";
import { attempt, type Look, phaseOf, said } from "./breach.ts";
import { findUndeclaredErrors } from "./errors.ts";
import { findLostInJson } from "./json.ts";
import { findFallingProgress } from "./progress.ts";
import { findUnstableKeys, findUnstableReplays } from "./replay.ts";

const looks: readonly Look[] = [
  findLostInJson,
  findFallingProgress,
  findUnstableKeys,
  findUnstableReplays,
  findDeafPhases,
  findUndeclaredErrors,
];

/**
 * What a type does that a job type must not do, a line each: none for one that can be trusted with crashes, cancels and models
 * that misbehave. Runs the type's `example` with the demo model, in memory, some hundred times. `ceilingSeconds`: how long a phase
 * may run on after its signal was aborted; what obeys ends within milliseconds, and a busy machine may take seconds.
 */
export async function findBreaches(type: JobType, { ceilingSeconds = 10 } = {}): Promise<string[]> {
  if (type.example === undefined) return ["it has no example: give defineJob one"];
  const input = type.input.safeParse(type.example);
  if (!input.success) return [`its example does not fit its input: ${said(input.error)}`];
  const specimen = { type, input: type.example };
  const first = await attempt(specimen);
  if ("error" in first) return [`${phaseOf(first, specimen)}: its example does not run: ${said(first.error)}`];
  const whole = { ...specimen, reference: first.bench, output: first.output, ceilingSeconds };
  const found: string[] = [];
  for (const look of looks) found.push(...(await look(whole)));
  return found;
}

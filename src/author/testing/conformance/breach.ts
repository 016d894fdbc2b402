import { describeError } from "../../../log/log.ts";
import type { JobType } from "../../define.ts";
import { type Bench, createBench, type RunOptions } from "../bench.ts";
import type { KeptStep } from "../bench-steps.ts";
import type { Script } from "../script.ts";

/** A type, an input of it, and how a run of it went where nothing went wrong. */
export type Specimen = {
  type: JobType;
  input: unknown;
  reference: Bench;
  output: unknown;
  /** How long a phase may run on after its signal was aborted. */
  ceilingSeconds: number;
};

/** Looks for one kind of breach. Returns a line for each, which says what is wrong and where. */
export type Look = (specimen: Specimen) => Promise<string[]>;

export type Outcome = { bench: Bench } & ({ output: unknown } | { error: unknown });

type Given = RunOptions & { script?: Script; steps?: readonly KeptStep[] };

/** Runs the whole type on a bench, and says how that ended. */
export const attempt = (specimen: Pick<Specimen, "type" | "input">, given: Given = {}): Promise<Outcome> =>
  begin(specimen, given).ended;

/** As `attempt`, for one that may not end. */
export function begin(
  { type, input }: Pick<Specimen, "type" | "input">,
  { script, steps = [], ...options }: Given,
): { bench: Bench; ended: Promise<Outcome> } {
  const bench = createBench(script, { steps });
  const ended = bench.run(type, input, options).then(
    (output) => ({ bench, output }),
    (error: unknown) => ({ bench, error }),
  );
  return { bench, ended };
}

/** The phase in which a run is, or has ended. */
export const phaseOf = ({ bench }: Pick<Outcome, "bench">, { type }: Pick<Specimen, "type">): string =>
  type.phases[bench.outputs.length]?.name ?? "the end";

export function said(error: unknown): string {
  const { name, message } = describeError(error);
  return `${name}: ${message}`;
}

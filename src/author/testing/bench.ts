import type { z } from "zod";
import { createRest } from "../../generation/attempt/run/rest.ts";
import type { PhaseContext } from "../context.ts";
import type { AnyPhase, JobType, Phase } from "../define.ts";
import { createBenchSteps, type KeptStep, requireStep, throughJson } from "./bench-steps.ts";
import { type Call, demo, type Script } from "./script.ts";
import { createScriptedModel } from "./scripted-model.ts";

export type Reported = { phase: string; done: number; of: number; currentStep: string | undefined };
export type LoggedLine = { level: "info" | "warn"; event: string; facts: object };

export type RunOptions = {
  /** Its number, as the handler is told. Default 1. */
  attempt?: number;
  /** As if the job were cancelled. */
  signal?: AbortSignal;
};

/** A place where phases run as plain functions, without a database. What one run has kept, a later one finds again. */
export type Bench = {
  /** Runs one phase. Throws what its handler throws. */
  runPhase<Input extends z.ZodType, Output extends z.ZodType>(
    phase: Phase<string, Input, Output>,
    input: z.input<Input>,
    options?: RunOptions,
  ): Promise<z.output<Output>>;
  /** Runs the phases in their order. Each gets what the one before has given, by way of JSON. */
  run(type: JobType, input: unknown, options?: RunOptions & { through?: string }): Promise<unknown>;
  /** In the order in which they were finished. */
  steps: KeptStep[];
  calls: Call[];
  progress: Reported[];
  log: LoggedLine[];
};

/** Default: the demo model answers. */
export function createBench(script: Script = demo): Bench {
  const steps: KeptStep[] = [];
  const calls: Call[] = [];
  const progress: Reported[] = [];
  const log: LoggedLine[] = [];
  const never = new AbortController().signal;

  async function run(phase: AnyPhase, job: PhaseContext<unknown>["job"], given: unknown, options: RunOptions) {
    const { attempt = 1, signal = never } = options;
    const step = createBenchSteps(steps, phase.name, signal);
    const lineAt =
      (level: LoggedLine["level"]): PhaseContext<unknown>["log"]["info"] =>
      (event, facts = {}) =>
        void log.push({ level, event, facts });
    const context: PhaseContext<unknown> = {
      input: phase.input.parse(given),
      job,
      attempt,
      signal,
      step,
      model: createScriptedModel(script, { calls, signal, inStep: requireStep }),
      async progress({ done, of, currentStep }) {
        progress.push({ phase: phase.name, done, of, currentStep });
      },
      wait: createRest(step),
      log: { info: lineAt("info"), warn: lineAt("warn") },
    };
    return phase.output.parse(await phase.run(context as PhaseContext<never>));
  }

  return {
    steps,
    calls,
    progress,
    log,
    runPhase: async (phase, input, options = {}) =>
      (await run(phase, jobOf("any"), throughJson(input), options)) as never,
    async run(type, input, { through, ...options } = {}) {
      let value: unknown = type.input.parse(input);
      for (const phase of type.phases) {
        value = await run(phase, jobOf(type.type), throughJson(value), options);
        if (phase.name === through) break;
      }
      return value;
    },
  };
}

/** Runs one phase alone. Throws what its handler throws. */
export async function runPhase<Input extends z.ZodType, Output extends z.ZodType>(
  phase: Phase<string, Input, Output>,
  input: z.input<Input>,
  script?: Script,
  options?: RunOptions,
) {
  const bench = createBench(script);
  const output = await bench.runPhase(phase, input, options);
  const { steps, calls, progress, log } = bench;
  return { output, steps, calls, progress, log };
}

const jobOf = (type: string) =>
  Object.freeze({ id: "job_0192a0000000700080000000c0ffee42", type, tenant: "local" });

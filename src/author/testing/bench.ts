import type { z } from "zod";
import type { Publication } from "../../content/shopify/order.ts";
import type { EndedChild } from "../child.ts";
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

/** A rest that a handler asked for, and did not need to take. */
export type Rest = { phase: string; name: string; seconds: number; why: string };

/** An answer that a handler asked for. */
export type Asked = { phase: string; name: string; question: string | undefined; content: string | undefined };

/** Jobs that a handler has spawned. They run in the same bench, and complete, or their error is the handler's. */
export type Spawned = { phase: string; name: string; children: { type: string; input: unknown }[] };

/** An article that a handler published: any shop takes it. */
export type Published = { phase: string; articleId: string } & Publication;

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
  rests: Rest[];
  asked: Asked[];
  spawned: Spawned[];
  published: Published[];
  log: LoggedLine[];
  /** What each phase has given, checked, and not yet JSON. */
  outputs: { phase: string; output: unknown }[];
};

/** What a bench begins with: what earlier runs have kept, and what a person answers by name. Default: no one answers in time. */
export type BenchOptions = { steps?: readonly KeptStep[]; answers?: Readonly<Record<string, object>> };

/** Default: the demo model answers. */
export function createBench(script: Script = demo, { steps: kept = [], answers = {} }: BenchOptions = {}): Bench {
  const steps: KeptStep[] = [...kept];
  const rests: Rest[] = [];
  const asked: Asked[] = [];
  const spawned: Spawned[] = [];
  const outputs: Bench["outputs"] = [];
  const calls: Call[] = [];
  const progress: Reported[] = [];
  const log: LoggedLine[] = [];
  const published: Published[] = [];
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
      shops: {
        async publish({ articleId, live, ...to }) {
          signal.throwIfAborted();
          const [state, handle] = [live ? ("live" as const) : ("draft" as const), `article-${articleId}`];
          const at = { shop: to.shop, blogId: to.blogId, shopifyId: "gid://shopify/Article/1", handle, state };
          published.push({ phase: phase.name, articleId, ...at });
          return at;
        },
      },
      async progress({ done, of, currentStep }) {
        progress.push({ phase: phase.name, done, of, currentStep });
      },
      async wait(name, rest) {
        rests.push({ phase: phase.name, name, ...rest });
      },
      async spawn(name, children) {
        spawned.push({
          phase: phase.name,
          name,
          children: children.map(({ type, input }) => ({ type: type.type, input })),
        });
        const ended: EndedChild<never>[] = [];
        for (const { type, input } of children) {
          const result = (await runChain(
            type,
            throughJson(input),
            async (...one) => await run(...one, options),
          )) as never;
          ended.push({ id: job.id, cost: null, status: "completed", result });
        }
        return ended;
      },
      async waitFor(name, schema, { question, content }) {
        asked.push({ phase: phase.name, name, question, content });
        const answer = answers[name];
        return answer === undefined ? null : await schema.parseAsync(throughJson(answer));
      },
      log: { info: lineAt("info"), warn: lineAt("warn") },
    };
    return phase.output.parse(await phase.run(context as PhaseContext<never>));
  }

  async function runOwn(phase: AnyPhase, job: PhaseContext<unknown>["job"], given: unknown, options: RunOptions) {
    const output = await run(phase, job, given, options);
    outputs.push({ phase: phase.name, output });
    return output;
  }

  return {
    spawned,
    steps,
    calls,
    progress,
    rests,
    asked,
    published,
    log,
    outputs,
    runPhase: async (phase, input, options = {}) =>
      (await runOwn(phase, jobOf("any"), throughJson(input), options)) as never,
    run: (type, input, { through, ...options } = {}) =>
      runChain(type, input, (...one) => runOwn(...one, options), through),
  };
}

type RunOne = (phase: AnyPhase, job: PhaseContext<unknown>["job"], given: unknown) => Promise<unknown>;

async function runChain(type: JobType, input: unknown, run: RunOne, through?: string): Promise<unknown> {
  let value: unknown = type.input.parse(input);
  for (const phase of type.phases) {
    const given = throughJson(value);
    if (phase.when) value = phase.input.parse(given);
    if (phase.when && !phase.when(value as never)) break;
    value = await run(phase, jobOf(type.type), given);
    if (phase.name === through) break;
  }
  return value;
}

/** Runs one phase alone. Throws what its handler throws. */
export async function runPhase<Input extends z.ZodType, Output extends z.ZodType>(
  phase: Phase<string, Input, Output>,
  input: z.input<Input>,
  script?: Script,
  { answers = {}, ...options }: RunOptions & Pick<BenchOptions, "answers"> = {},
) {
  const bench = createBench(script, { answers });
  const output = await bench.runPhase(phase, input, options);
  const { steps, calls, progress, rests, asked, spawned, published, log } = bench;
  return { output, steps, calls, progress, rests, asked, spawned, published, log };
}

const jobOf = (type: string) =>
  Object.freeze({
    id: "job_0192a0000000700080000000c0ffee42",
    type,
    tenant: "local",
    // As if the type had kept one.
    articleId: "0192a000-0000-7000-8000-0000c0ffee42",
  });

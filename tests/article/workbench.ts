import type { Model, PhaseContext, Step } from "../../src/author/context.ts";
import type { AnyPhase, JobType } from "../../src/author/define.ts";
import { createRest } from "../../src/generation/attempt/run/rest.ts";
import { hashOf } from "../../src/hash.ts";
import { parseJson } from "../../src/model/output.ts";
import { ModelError } from "../../src/model/port/port.ts";
import { createModel } from "../../src/model/wire/openai.ts";

/** One finished step: found again by a later run with the same input. */
export type Kept = { phase: string; key: string; label: string | undefined; output: unknown };

export type Workbench = {
  /** Runs the phases in their order. Each gets what the one before has given, by way of JSON. */
  run(type: JobType, input: unknown, options?: { through?: string; attempt?: number }): Promise<unknown>;
  kept: Map<string, Kept>;
  progress: { phase: string; done: number; of: number; currentStep: string | undefined }[];
  prompts: { system: string; user: string }[];
};

const job = { id: "job_0192a0000000700080000000c0ffee42", type: "article", tenant: "local" };

/** Runs a job type without a database: steps are kept in memory, the model is whatever `ask` says. */
export function workbench(ask: (prompt: Ask) => Promise<string> | string): Workbench {
  const kept: Workbench["kept"] = new Map();
  const progress: Workbench["progress"] = [];
  const prompts: Workbench["prompts"] = [];
  const { signal } = new AbortController();

  const model: Model = {
    async text({ system, user, maxOutputTokens }) {
      prompts.push({ system, user });
      return await ask({ system, user, maxOutputTokens });
    },
    async object({ system, user, maxOutputTokens, name, schema }) {
      for (let repairs = 0; ; repairs += 1) {
        prompts.push({ system, user });
        const asked = repairs === 0 ? user : `${user}\n\nYour last answer was not usable.`;
        const text = await ask({ system, user: asked, maxOutputTokens, schema: { name, zod: schema } });
        try {
          return parseJson(text, schema);
        } catch (error) {
          if (repairs === 2 || !(error instanceof ModelError)) throw error;
        }
      }
    },
  };

  const stepOf =
    (phase: string): Step =>
    async (key, input, run, options) => {
      const id = `${phase} ${key} ${hashOf(input)}`;
      const known = kept.get(id);
      if (known) return known.output as Awaited<ReturnType<typeof run>>;
      const output = throughJson(await run());
      kept.set(id, { phase, key, label: options?.label, output });
      return output;
    };

  async function runPhase(phase: AnyPhase, given: unknown, attempt: number): Promise<unknown> {
    const step = stepOf(phase.name);
    const context: PhaseContext<unknown> = {
      input: phase.input.parse(given),
      job,
      attempt,
      signal,
      step,
      model,
      wait: createRest(step),
      log: { info: () => undefined, warn: () => undefined },
      async progress({ done, of, currentStep }) {
        progress.push({ phase: phase.name, done, of, currentStep });
      },
    };
    return phase.output.parse(await phase.run(context as PhaseContext<never>));
  }

  return {
    kept,
    progress,
    prompts,
    async run(type, input, { through, attempt = 1 } = {}) {
      let value: unknown = type.input.parse(input);
      for (const phase of type.phases) {
        value = await runPhase(phase, throughJson(value), attempt);
        if (phase.name === through) break;
      }
      return value;
    },
  };
}

export type Ask = Omit<Parameters<ReturnType<typeof createModel>["generate"]>[0], "signal" | "onDelta">;

/** Asks a server over HTTP, through the adapter that the service uses. */
export function askOver(
  baseURL: string,
  api: "responses" | "chat" = "responses",
): (prompt: Ask) => Promise<string> {
  const port = createModel({ provider: "demo", model: "demo-1", api, apiKey: "none", baseURL });
  return async (prompt) => (await port.generate({ ...prompt, signal: new AbortController().signal })).text;
}

const throughJson = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value));

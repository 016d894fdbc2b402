import type { z } from "zod";
import type { FaultName } from "../../demo/fault.ts";
import { unlessAborted } from "../../demo/pace.ts";
import type { JobErrorCode } from "../../errors.ts";
import { ModelError } from "../../model/port/port.ts";
import { wireSchema } from "../../model/port/schema.ts";
import { askForObject } from "../../model/repair.ts";
import type { Model, Prompt } from "../context.ts";
import { type Call, type Script, sentOf } from "./script.ts";

/** What a handler meets when a call goes so wrong, as over HTTP. Null: the service itself waits, and asks once more. */
export const errorOfFault: Record<Exclude<FaultName, "stall">, JobErrorCode | null> = {
  "401": "invalid_api_key",
  "429": null,
  "500": "provider_error",
  "503": null,
  refuse: "content_refused",
  cut: "network",
  truncate: "invalid_output",
};

type Wanted = { name: string; schema: z.ZodType };

/** A model that answers by a script, in memory. `calls`: where each call is noted. `inStep`: throws outside of a step. */
export function createScriptedModel(
  script: Script,
  { calls, signal, inStep }: { calls: Call[]; signal: AbortSignal; inStep: () => void },
): Model {
  async function ask({ system, user, maxOutputTokens }: Prompt, object: Wanted | null): Promise<string> {
    inStep();
    for (;;) {
      signal.throwIfAborted();
      const asked = { name: object?.name ?? null, schema: object && wireSchema(object.schema) };
      const call = { number: calls.length + 1, system, user, maxOutputTokens, ...asked };
      calls.push(call);
      const sent = sentOf(await unlessAborted(script(call), signal));
      if ("text" in sent) return sent.text;
      if (sent.fault === "stall") return await unlessAborted(new Promise<never>(() => undefined), signal);
      const code = errorOfFault[sent.fault];
      if (code) throw new ModelError(code);
    }
  }

  return {
    text: (prompt) => ask(prompt, null),
    object: ({ name, schema, ...prompt }) =>
      askForObject(prompt.user, schema, (user) => ask({ ...prompt, user }, { name, schema })),
  };
}

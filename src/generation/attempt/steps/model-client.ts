import type { Model } from "../../../author/context.ts";
import { WaitError } from "../../../errors.ts";
import type { KnownAbilities } from "../../../model/abilities.ts";
import { askSuitably } from "../../../model/ask-suitably.ts";
import { askInTurn } from "../../../model/failover.ts";
import type { Models, Wish } from "../../../model/models.ts";
import type { Abilities } from "../../../model/port/asking.ts";
import type { GenerateRequest, Generation, ModelPort } from "../../../model/port/port.ts";
import { askForObject } from "../../../model/repair.ts";
import { type CallParts, callModel, type Listener } from "./call-model.ts";
import type { CallOwner } from "./open-call.ts";
import type { WaitOrFail } from "./patience.ts";

type ClientOptions = CallParts & {
  models: Models;
  /** How a model's server can be asked. */
  abilitiesOf: (port: ModelPort) => KnownAbilities;
  waitOrFail: WaitOrFail;
  /** When the attempt's time is up, by `performance.now()`. */
  deadline: number;
  /** Asked for each call: the job, claim and step that the ledger names, and the call's number. */
  owner: () => CallOwner;
  /** Asked before each call for text: what takes its deltas, the `StepText` of the running step. */
  text: () => Listener;
  /** Runs a call again when its WaitError's time has come: what the same step has paid for before is not paid again. */
  inPlace: <T>(run: () => Promise<T>) => Promise<T>;
};

type Request = Pick<GenerateRequest, "system" | "user" | "schema" | "maxOutputTokens">;

/** The model as handlers see it: each call is in the ledger, before and after; if one cannot answer, the next one is asked. */
export function createModelClient(options: ClientOptions): Model {
  const { models, abilitiesOf, waitOrFail, deadline, owner, text, inPlace } = options;

  async function call(step: CallOwner, wish: Wish, request: Request, listener?: Listener): Promise<Generation> {
    const ports = models.forStep(step.phase, step.step, wish);
    const hasStandIn = ports.length > 1;
    try {
      return await askInTurn(ports, async (port, left) => {
        // What another model has begun is no part of this answer.
        listener?.begin();
        // One that is silent leaves the others their part of the attempt's time.
        const firstEventMs = left > 0 ? (deadline - performance.now()) / (left + 1) : undefined;
        const ask = (abilities: Abilities) =>
          callModel(options, { owner: step, port, hasStandIn, listener }, { ...request, abilities, firstEventMs });
        const can = abilitiesOf(port);
        const suited = await askSuitably(await can.current(), ask);
        if (suited.hasChanged) await can.remember(suited.abilities);
        return suited.answer;
      });
    } catch (error) {
      throw error instanceof WaitError ? await waitOrFail(step, error) : error;
    }
  }

  return {
    async text({ model, effort, ...prompt }) {
      const listener = text();
      const step = owner();
      const answer = await inPlace(() => call(step, { model, effort }, prompt, listener));
      return answer.text;
    },
    async object({ name, schema, model, effort, ...prompt }) {
      return await askForObject(prompt.user, schema, async (user) => {
        const request = { ...prompt, user, schema: { name, zod: schema } };
        const step = owner();
        const answer = await inPlace(() => call(step, { model, effort }, request));
        return answer.text;
      });
    },
  };
}

import type { z } from "zod";
import type { Model } from "../../../author/define.ts";
import type { Db } from "../../../db/client.ts";
import { JobError, PermanentError } from "../../../errors.ts";
import type { Log } from "../../../log/log.ts";
import type { KnownAbilities } from "../../../model/abilities.ts";
import { askSuitably } from "../../../model/ask-suitably.ts";
import { closeGate, openGate } from "../../../model/gates.ts";
import { parseJson } from "../../../model/output.ts";
import type { Abilities } from "../../../model/port/asking.ts";
import {
  type GenerateRequest,
  type Generation,
  ModelError,
  type ModelPort,
  type Usage,
} from "../../../model/port/port.ts";
import { wireSchema } from "../../../model/port/schema.ts";
import { refusalOf } from "../../../model/refusals/refusal.ts";
import type { CallEnd } from "../../../money/ledger.ts";
import type { PriceList } from "../../../money/prices.ts";
import { storableText } from "../../../storable.ts";
import type { CloseCall } from "./calls.ts";
import type { CallOwner, OpenCall } from "./open-call.ts";

const maxRepairs = 2;
// Rough, and rather too high: real tokenizers give 3 to 5 bytes of prose a token.
const bytesPerToken = 3;

type ClientOptions = {
  port: ModelPort;
  prices: PriceList;
  db: Db;
  /** How the server can be asked. */
  can: KnownAbilities;
  openCall: OpenCall;
  closeCall: CloseCall;
  log: Log;
  /** Asked before each call: the job, claim and step that the ledger names. */
  owner: () => CallOwner;
  /** Asked before each call for text: what takes its deltas, the `StepText` of the running step. */
  text: () => Listener;
  /** Runs a call again when its WaitError's time has come: what the same step has paid for before is not paid again. */
  inPlace: <T>(run: () => Promise<T>) => Promise<T>;
  signal: AbortSignal;
};

type Listener = { begin(): void; add(delta: string): void };

type Prompt = Omit<GenerateRequest, "signal" | "onAccepted" | "onDelta" | "onRestart">;

/** The model as handlers see it: each call is in the ledger, before and after. */
export function createModelClient({
  port,
  prices,
  db,
  can,
  openCall,
  closeCall,
  log,
  owner,
  text,
  inPlace,
  signal,
}: ClientOptions): Model {
  async function call(request: Prompt, listener?: Listener): Promise<Generation> {
    const ask = (abilities: Abilities) => callOnce({ ...request, abilities }, listener);
    const { answer, abilities, hasChanged } = await askSuitably(await can.current(), ask);
    if (hasChanged) await can.remember(abilities);
    return answer;
  }

  async function callOnce(request: Prompt, listener?: Listener): Promise<Generation> {
    const { provider, model } = port;
    const callOwner = owner();
    // The provider puts the schema into the prompt.
    const schema = request.schema ? JSON.stringify(wireSchema(request.schema.zod)) : "";
    const inputEstimate = tokensOf(request.system + request.user + schema);
    const reservedCost = prices.reservationOf({
      provider,
      model,
      inputTokensEstimate: inputEstimate,
      maxOutputTokens: request.maxOutputTokens,
      at: new Date(),
    });
    signal.throwIfAborted();
    const { id, ...passage } = await openCall(callOwner, { provider, model, reservedCost });
    const onAccepted = () => {
      // If that cannot be written, the next trial finds it out.
      if (passage.isTrial) void openGate(db, port).catch(() => undefined);
    };
    let streamed = "";
    const onDelta = (delta: string) => {
      streamed += delta;
      listener?.add(delta);
    };
    const onRestart = () => listener?.begin();
    const close = (end: Omit<CallEnd, "cost" | "costStated">, statedCost: string | null = null) => {
      const used = { provider, usage: end.usage, at: new Date() };
      // A gateway may serve under another name: then the price is that of what was asked for.
      const priced =
        prices.costOf({ ...used, model: end.servedModel ?? model }) ?? prices.costOf({ ...used, model });
      const costs = { cost: statedCost ?? priced, costStated: statedCost !== null };
      return closeCall({ id, jobId: callOwner.jobId, end: { ...end, ...costs } });
    };
    const generation = await port
      .generate({ ...request, cacheKey: callOwner.jobId, signal, onAccepted, onDelta, onRestart })
      .catch(async (error) => {
        // A call that reached the model is billed for its input, also when nothing came back.
        const reached = streamed !== "" || signal.aborted;
        const estimate = { ...noUsage, input: reached ? inputEstimate : 0, output: tokensOf(streamed) };
        const refusal = refusalOf(error, request.system + request.user);
        if (refusal)
          log.warn({ event: "model_refused", call: id, ...describe(callOwner), provider, model, ...refusal });
        await close({ ...endOf(error, signal, estimate), refusal });
        throw error instanceof ModelError ? await closeGate(db, port, error, passage) : error;
      });
    const { usage, statedCost, servedModel, providerRequestId } = generation;
    const end = {
      state: "succeeded" as const,
      usage: usage ?? { ...noUsage, input: inputEstimate, output: tokensOf(streamed) },
      estimated: usage === null,
      servedModel,
      providerRequestId,
      errorCode: null,
      refusal: null,
    };
    await close(end, statedCost);
    return { ...generation, text: storableText(generation.text) };
  }

  return {
    async text(prompt) {
      const listener = text();
      const answer = await inPlace(() => {
        listener.begin();
        return call(prompt, listener);
      });
      return answer.text;
    },
    async object({ name, schema, ...prompt }) {
      let user = prompt.user;
      for (let repair = 0; ; repair++) {
        const request = { ...prompt, user, schema: { name, zod: schema } };
        const answer = await inPlace(() => call(request));
        try {
          return parseJson(answer.text, schema) as z.output<typeof schema>;
        } catch (error) {
          if (!(error instanceof ModelError)) throw error;
          // It had its chances, each of them paid for: another attempt would buy the same again.
          if (repair === maxRepairs) throw new PermanentError(error.message, { code: error.code, cause: error });
          user = `${prompt.user}\n\nYour last answer was not usable: ${error.message} Answer again, whole.`;
        }
      }
    },
  };
}

const noUsage: Usage = { input: 0, cachedInput: 0, cacheWrite: 0, output: 0 };

const describe = ({ jobId, phase, step, attempt }: CallOwner) => ({ job: jobId, phase, step, attempt });

function endOf(
  error: unknown,
  signal: AbortSignal,
  estimate: Usage,
): Omit<CallEnd, "cost" | "costStated" | "refusal"> {
  const model = error instanceof ModelError ? error : undefined;
  return {
    state: signal.aborted ? "cancelled" : "failed",
    usage: model?.usage ?? estimate,
    estimated: model?.usage === undefined && estimate.input > 0,
    servedModel: model?.servedModel ?? null,
    providerRequestId: model?.providerRequestId ?? null,
    errorCode: error instanceof JobError ? error.code : null,
  };
}

const tokensOf = (text: string): number => Math.ceil(Buffer.byteLength(text) / bytesPerToken);

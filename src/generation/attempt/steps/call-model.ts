import type { Db } from "../../../db/client.ts";
import { JobError } from "../../../errors.ts";
import type { Log } from "../../../log/log.ts";
import { closeGate, openGate } from "../../../model/gates.ts";
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

// Rough, and rather too high: real tokenizers give 3 to 5 bytes of prose a token.
const bytesPerToken = 3;

export type CallParts = {
  prices: PriceList;
  db: Db;
  openCall: OpenCall;
  closeCall: CloseCall;
  log: Log;
  signal: AbortSignal;
};

/** What takes an answer's text while it comes. */
export type Listener = { begin(): void; add(delta: string): void };

export type ToCall = {
  owner: CallOwner;
  port: ModelPort;
  /** Another model can be asked in place of this one. */
  hasStandIn: boolean;
  listener: Listener | undefined;
};

/** One call to a model: a row in the ledger before it, and how it ended after it. Throws what the step is to throw. */
export async function callModel(
  { prices, db, openCall, closeCall, log, signal }: CallParts,
  { owner, port, hasStandIn, listener }: ToCall,
  request: Omit<GenerateRequest, "signal" | "onAccepted" | "onDelta" | "onRestart">,
): Promise<Generation> {
  const { provider, model, tier } = port;
  // The provider puts the schema into the prompt.
  const schema = request.schema ? JSON.stringify(wireSchema(request.schema.zod)) : "";
  const inputEstimate = tokensOf(request.system + request.user + schema);
  const { maxOutputTokens } = request;
  const size = { inputTokensEstimate: inputEstimate, maxOutputTokens };
  const reservedCost = prices.reservationOf({ provider, model, tier, ...size, at: new Date() });
  signal.throwIfAborted();
  const { id, ...passage } = await openCall(owner, { provider, model, reservedCost, hasStandIn });
  const began = performance.now();
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
    const used = { provider, usage: end.usage, tier: end.servedTier ?? tier, at: new Date() };
    // A gateway may serve under another name: then the price is that of what was asked for.
    const priced = prices.costOf({ ...used, model: end.servedModel ?? model }) ?? prices.costOf({ ...used, model });
    const costs = { cost: statedCost ?? priced, costStated: statedCost !== null };
    const called = { provider, model, seconds: (performance.now() - began) / 1000 };
    return closeCall({ id, jobId: owner.jobId, number: owner.call, called, end: { ...end, ...costs } });
  };
  const generation = await port
    .generate({ ...request, cacheKey: owner.jobId, signal, onAccepted, onDelta, onRestart })
    .catch(async (error) => {
      // A call that reached the model is billed for its input, also when nothing came back.
      const isSilent = error instanceof ModelError && error.code === "timeout";
      const reached = streamed !== "" || signal.aborted || isSilent;
      const estimate = { ...noUsage, input: reached ? inputEstimate : 0, output: tokensOf(streamed) };
      const refusal = refusalOf(error, request.system + request.user);
      if (refusal) log.warn({ event: "model_refused", call: id, ...describe(owner), provider, model, ...refusal });
      const known = error instanceof ModelError ? error : undefined;
      await close({ ...endOf(error, signal, estimate), refusal }, known?.statedCost);
      if (!known) throw error;
      // It answers, though it wants to be asked in another way: that is the trial's answer, and what follows is none.
      if (passage.isTrial && known.refused) await openGate(db, port);
      throw await closeGate(db, port, known, { ...passage, hasStandIn });
    });
  const { usage, statedCost, servedModel, servedTier, providerRequestId } = generation;
  const end = {
    state: "succeeded" as const,
    usage: usage ?? { ...noUsage, input: inputEstimate, output: tokensOf(streamed) },
    estimated: usage === null,
    servedModel,
    servedTier,
    providerRequestId,
    errorCode: null,
    refusal: null,
  };
  await close(end, statedCost);
  return { ...generation, text: storableText(generation.text) };
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
    servedTier: model?.servedTier ?? null,
    providerRequestId: model?.providerRequestId ?? null,
    errorCode: error instanceof JobError ? error.code : null,
  };
}

const tokensOf = (text: string): number => Math.ceil(Buffer.byteLength(text) / bytesPerToken);

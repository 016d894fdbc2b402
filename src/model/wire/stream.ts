import { APIConnectionError, APIError, APIUserAbortError, type OpenAI } from "openai";
import type { APIPromise } from "openai/api-promise";
import type { Stream } from "openai/streaming";
import { type CallFacts, type GenerateRequest, type Generation, ModelError } from "../port/port.ts";
import { classify } from "../refusals/classify.ts";
import { requestIdIn } from "../refusals/request-id.ts";
import { type Answer, conclude, emptyAnswer } from "./answer.ts";
import type { WireInit } from "./fetch.ts";
import { createThinkingFilter, type Visible } from "./thinking.ts";

/** One dialect of the wire: how a request is sent, and what an event of its stream adds to the answer. */
export type Wire<Event> = {
  /** The model asked for, which stands for the served one where a server names none. */
  model: string;
  open(options: WireOptions): APIPromise<Stream<unknown>>;
  /** Returns the piece of text that the event brought, "" if none. */
  read(event: Event, answer: Answer): string;
};

/** `fetchOptions`: what `fetchWire` is given. */
export type WireOptions = { signal: AbortSignal; fetchOptions: NonNullable<OpenAI.RequestOptions["fetchOptions"]> };

/**
 * In milliseconds: how long the provider may be silent, before the first event and after it, where a comment counts as
 * life; and how long it may take in all.
 */
export type Patience = { headerTimeoutMs: number; idleTimeoutMs: number; totalTimeoutMs: number };

// The model has ended and been counted; only the end of the stream is missing. Waiting for it keeps the
// connection for the next call, but some servers never end it.
const lingerMs = 1_000;

/** Sends one request and reads its stream to the end. Throws what ModelPort promises. */
export async function readStream<Event>(
  wire: Wire<Event>,
  request: GenerateRequest,
  patience: Patience,
): Promise<Generation> {
  const { signal, onAccepted, onDelta, onRestart } = request;
  signal.throwIfAborted();

  const limits = startLimits(patience.totalTimeoutMs);
  let silence = Math.min(patience.headerTimeoutMs, request.firstEventMs ?? Number.POSITIVE_INFINITY);
  limits.allowSilence(silence);
  const call: Call = { headers: undefined, error: undefined };
  const fetchOptions: Pick<WireInit, "onBytes"> = { onBytes: () => limits.allowSilence(silence) };
  const options = { signal: AbortSignal.any([signal, limits.signal]), fetchOptions } as WireOptions;
  const acceptance = createAcceptance(() => onAccepted?.());
  const answer = emptyAnswer();
  const thinking = createThinkingFilter();
  function take({ text, restart }: Visible): void {
    if (restart) {
      answer.text = "";
      onRestart?.();
    }
    answer.text += text;
    if (text) acceptance.certain();
    if (text) onDelta?.(text);
  }
  try {
    for await (const event of events(wire, options, call)) {
      acceptance.likely();
      silence = patience.idleTimeoutMs;
      take(thinking.read(wire.read(event, answer)));
      if (answer.ended && answer.usage) silence = lingerMs;
      limits.allowSilence(silence);
    }
    take({ text: thinking.end(), restart: false });
  } finally {
    limits.stop();
    acceptance.stop();
  }

  const facts: CallFacts = {
    usage: answer.usage ?? undefined,
    servedModel: answer.servedModel,
    servedTier: answer.servedTier,
    statedCost: answer.statedCost,
    providerRequestId: requestIdIn(call.headers) ?? (typeof answer.id === "string" ? answer.id : undefined),
  };
  // An answer that has ended is whole and paid for, whatever happened to the connection after that; but not what its
  // server calls an error afterwards.
  const isError = call.error instanceof APIError && call.headers !== undefined && isEvent(call.error);
  if (answer.ended === undefined || isError) {
    if (signal.aborted) throw signal.reason;
    throw whyItStopped(call, limits.signal, facts);
  }
  if (answer.ended === "failed") {
    throw classify(new APIError(undefined, answer.failure, undefined, call.headers), facts);
  }
  conclude(answer, request, facts);
  return {
    text: answer.text,
    usage: answer.usage,
    statedCost: answer.statedCost,
    servedModel: answer.servedModel ?? wire.model,
    servedTier: answer.servedTier ?? null,
    providerRequestId: facts.providerRequestId ?? null,
  };
}

// Headers and a first event alone are no answer: some servers send them before they refuse.
const refusedWithinMs = 1_000;

/** Calls `accepted` once: at the first text, or when a second has passed since the first event and no error came. */
function createAcceptance(accepted: () => void) {
  let state: "open" | "likely" | "over" = "open";
  let timer: NodeJS.Timeout | undefined;
  function certain(): void {
    clearTimeout(timer);
    if (state !== "over") accepted();
    state = "over";
  }
  return {
    certain,
    likely(): void {
      if (state !== "open") return;
      state = "likely";
      timer = setTimeout(certain, refusedWithinMs);
    },
    stop(): void {
      clearTimeout(timer);
      state = "over";
    },
  };
}

/** The server sent it as an event of its stream. A connection that broke has no words of its own. */
const isEvent = (error: APIError): boolean =>
  error.status === undefined && !(error instanceof APIConnectionError) && !(error instanceof APIUserAbortError);

type Call = { headers: Headers | undefined; error: unknown };

/**
 * Ends on every trouble of the wire instead of throwing, as the SDK itself does on an abort, and keeps it in
 * `call.error`. So an error thrown by who reads the events is never taken for one of the provider's.
 */
async function* events<Event>(wire: Wire<Event>, options: WireOptions, call: Call): AsyncGenerator<Event, void> {
  try {
    const { data: stream, response } = await wire.open(options).withResponse();
    call.headers = response.headers;
    for await (const event of stream) {
      if (typeof event !== "object" || event === null) throw new SyntaxError("an event that is no object");
      // Only hoped for: what a dialect reads of an event, it reads as optional.
      yield event as Event;
    }
  } catch (error) {
    call.error = error;
  }
}

function whyItStopped(call: Call, limit: AbortSignal, facts: CallFacts): ModelError {
  // A status says more than the silence that came after it.
  const hasStatus = call.error instanceof APIError && call.error.status !== undefined;
  if (limit.aborted && !hasStatus) {
    return new ModelError("timeout", `The model provider ${limit.reason}.`, { ...facts, cause: call.error });
  }
  if (call.error !== undefined) return classify(call.error, facts);
  const isEventStream = call.headers?.get("content-type")?.startsWith("text/event-stream") ?? false;
  return new ModelError(isEventStream ? "network" : "provider_error", undefined, facts);
}

/** Aborts its signal when a limit is reached; the reason says which. */
function startLimits(totalMs: number) {
  const controller = new AbortController();
  const abort = (reason: string) => controller.abort(reason);
  const total = startLimit(totalMs, () => abort(`took longer than ${totalMs / 1000} s`));
  let silence: (() => void) | undefined;
  return {
    signal: controller.signal,
    allowSilence(ms: number): void {
      silence?.();
      silence = startLimit(ms, () => abort(`was silent for ${ms / 1000} s`));
    },
    stop(): void {
      total();
      silence?.();
    },
  };
}

// A timer that rings later than this did not run: the process was stopped, or something kept its event loop.
const lateMs = 1_000;

/**
 * Calls `reached` after the time, unless the function that it returns is called before. Time in which this process did
 * not run is not the provider's: what came meanwhile is read before the limit is looked at again.
 */
function startLimit(ms: number, reached: () => void): () => void {
  let timer: NodeJS.Timeout;
  function start(left: number): void {
    const due = performance.now() + left;
    timer = setTimeout(() => {
      const late = performance.now() - due;
      if (late > lateMs) start(Math.min(ms, late));
      else reached();
    }, left);
  }
  start(ms);
  return () => clearTimeout(timer);
}

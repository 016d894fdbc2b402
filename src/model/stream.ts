import { APIError } from "openai";
import type { APIPromise } from "openai/api-promise";
import type { Stream } from "openai/streaming";
import { type Answer, conclude, emptyAnswer } from "./answer.ts";
import { classify } from "./classify.ts";
import { type CallFacts, type GenerateRequest, type Generation, ModelError } from "./port.ts";

/** One dialect of the wire: how a request is sent, and what an event of its stream adds to the answer. */
export type Wire<Event> = {
  /** The model asked for, which stands for the served one where a server names none. */
  model: string;
  open(signal: AbortSignal): APIPromise<Stream<unknown>>;
  /** Returns the piece of text that the event brought, "" if none. */
  read(event: Event, answer: Answer): string;
};

/** How long the provider may be silent, in milliseconds: until the stream begins, and between two events. */
export type Patience = { headerTimeoutMs: number; idleTimeoutMs: number };

// The model has ended and been counted; only the end of the stream is missing. Waiting for it keeps the
// connection for the next call, but some servers never end it.
const lingerMs = 1_000;

/** Sends one request and reads its stream to the end. Throws what ModelPort promises. */
export async function readStream<Event>(
  wire: Wire<Event>,
  request: GenerateRequest,
  patience: Patience,
): Promise<Generation> {
  const { signal, onDelta } = request;
  signal.throwIfAborted();

  const silence = silenceTimer();
  silence.allow(patience.headerTimeoutMs);
  const call: Call = { requestId: undefined, isEventStream: true, error: undefined };
  const onOpen = () => silence.allow(patience.idleTimeoutMs);
  const answer = emptyAnswer();
  try {
    for await (const event of events(wire, AbortSignal.any([signal, silence.signal]), call, onOpen)) {
      const delta = wire.read(event, answer);
      if (delta) {
        answer.text += delta;
        onDelta?.(delta);
      }
      silence.allow(answer.ended && answer.usage ? lingerMs : patience.idleTimeoutMs);
    }
  } finally {
    silence.stop();
  }

  const facts: CallFacts = {
    usage: answer.usage ?? undefined,
    servedModel: answer.servedModel,
    providerRequestId: call.requestId,
  };
  // An answer that has ended is whole and paid for, whatever happened to the connection after that.
  if (answer.ended === undefined) {
    if (signal.aborted) throw signal.reason;
    throw whyItStopped(call, silence, facts);
  }
  if (answer.ended === "failed") {
    throw classify(new APIError(undefined, answer.failure, undefined, undefined), facts);
  }
  conclude(answer, request, facts);
  return {
    text: answer.text,
    usage: answer.usage,
    servedModel: answer.servedModel ?? wire.model,
    providerRequestId: call.requestId ?? null,
  };
}

type Call = { requestId: string | undefined; isEventStream: boolean; error: unknown };

/**
 * Ends on every trouble of the wire instead of throwing, as the SDK itself does on an abort, and keeps it in
 * `call.error`. So an error thrown by who reads the events is never taken for one of the provider's.
 */
async function* events<Event>(
  wire: Wire<Event>,
  signal: AbortSignal,
  call: Call,
  onOpen: () => void,
): AsyncGenerator<Event, void> {
  try {
    const { data: stream, response } = await wire.open(signal).withResponse();
    call.requestId = response.headers.get("x-request-id") ?? undefined;
    call.isEventStream = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
    onOpen();
    for await (const event of stream) {
      if (typeof event !== "object" || event === null) throw new SyntaxError("an event that is no object");
      // Only hoped for: what a dialect reads of an event, it reads as optional.
      yield event as Event;
    }
  } catch (error) {
    call.error = error;
  }
}

function whyItStopped(call: Call, silence: Silence, facts: CallFacts): ModelError {
  // A status says more than the silence that came after it.
  const hasStatus = call.error instanceof APIError && call.error.status !== undefined;
  if (silence.signal.aborted && !hasStatus) {
    const seconds = silence.allowedMs() / 1000;
    return new ModelError("timeout", `The model provider was silent for ${seconds} s.`, {
      ...facts,
      cause: call.error,
    });
  }
  if (call.error !== undefined) return classify(call.error, facts);
  return new ModelError(call.isEventStream ? "network" : "provider_error", undefined, facts);
}

type Silence = ReturnType<typeof silenceTimer>;

function silenceTimer() {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let allowed = 0;
  return {
    signal: controller.signal,
    allowedMs: () => allowed,
    allow(ms: number): void {
      allowed = ms;
      clearTimeout(timer);
      timer = setTimeout(() => controller.abort(), ms);
    },
    stop: () => clearTimeout(timer),
  };
}

import type { z } from "zod";
import { JobError, type JobErrorCode } from "../../errors.ts";
import type { Abilities, Refused } from "./asking.ts";

/** What one call to a model used. `cachedInput` and `cacheWrite` are parts of `input`; reasoning is part of `output`. */
export type Usage = { input: number; cachedInput: number; cacheWrite: number; output: number };

export type GenerateRequest = {
  /** Rules. Never contains what a user wrote. */
  system: string;
  /** The task and the user's data. */
  user: string;
  /** Ask for JSON of this shape. `name` is 1-64 characters of a-z, A-Z, 0-9, _ and -. */
  schema?: { name: string; zod: z.ZodType };
  /** Upper bound on what the model may write, reasoning included. */
  maxOutputTokens: number;
  /** What has this in common is likely to begin with the same words: OpenAI finds them again in its cache. */
  cacheKey?: string;
  /** The longest that it may say nothing before its first event, in milliseconds, if that is less than the model's own. */
  firstEventMs?: number | undefined;
  /** How the server is to be asked. Default: what is assumed of it. */
  abilities?: Abilities;
  /** Aborting it closes the socket, so that the provider stops generating. */
  signal: AbortSignal;
  /** The provider has taken the request and begins to answer, which it may think about for long. */
  onAccepted?: () => void;
  /** Each piece of text as it arrives. */
  onDelta?: (delta: string) => void;
  /** What has arrived so far was no part of the answer, which begins now. */
  onRestart?: () => void;
};

export type Generation = {
  text: string;
  /** Null when the server did not say: unknown, not nothing. */
  usage: Usage | null;
  /** USD, where the provider itself names what the call cost. */
  statedCost: string | null;
  /** The model that the provider says it served, often a dated snapshot of the one asked for. */
  servedModel: string;
  /** The service tier that the provider says it served. */
  servedTier: string | null;
  providerRequestId: string | null;
};

/**
 * One call to a model over HTTP: exactly one request, streamed, never retried here.
 * Throws ModelError for everything the provider or the wire did, and the signal's reason when it was aborted.
 */
export type ModelPort = {
  /** `openai`, `demo`, or the host name of another server. */
  provider: string;
  /** The model asked for. */
  model: string;
  /** Which of OpenAI's two dialects its server is spoken to in. */
  api: "responses" | "chat";
  /** The service tier asked for, which the price depends on. */
  tier: string | null;
  /** How its server is asked at first. */
  abilities: Abilities;
  /** What of that its operator has said: it goes before what was learned. */
  stated: Partial<Abilities>;
  generate(request: GenerateRequest): Promise<Generation>;
};

/** What is known of a call that failed. A failed call may still be billed: then `usage` says what it used. */
export type CallFacts = {
  usage?: Usage | undefined;
  servedModel?: string | undefined;
  servedTier?: string | undefined;
  statedCost?: string | null | undefined;
  httpStatus?: number | undefined;
  retryAt?: Date | undefined;
  providerRequestId?: string | undefined;
  /** What the server does not take, of what may be asked in another way. */
  refused?: Refused | undefined;
  cause?: unknown;
};

/**
 * What the provider or the wire did wrong. The message may be shown to a consumer; the default is the code's own.
 * `cause` is the provider's own words, which may repeat the prompt: never for a consumer or a log.
 */
export class ModelError extends JobError {
  override readonly name = "ModelError";
  readonly usage: Usage | undefined;
  readonly servedModel: string | undefined;
  readonly servedTier: string | undefined;
  readonly statedCost: string | null;
  readonly httpStatus: number | undefined;
  readonly refused: Refused | undefined;

  constructor(code: JobErrorCode, message?: string, facts: CallFacts = {}) {
    const { retryAt, providerRequestId, cause } = facts;
    super(code, message, {
      cause,
      ...(retryAt ? { retryAt } : {}),
      ...(providerRequestId ? { providerRequestId } : {}),
    });
    this.usage = facts.usage;
    this.servedModel = facts.servedModel;
    this.servedTier = facts.servedTier;
    this.statedCost = facts.statedCost ?? null;
    this.httpStatus = facts.httpStatus;
    this.refused = facts.refused;
  }
}

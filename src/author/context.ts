import type { z } from "zod";
import type { Publication, PublishTo } from "../content/shopify/order.ts";
import type { Child, EndedChild } from "./child.ts";

/** Runs `run` once and keeps its output: later runs of the phase get what was kept, if `input` is still the same. */
export type Step = <Output>(
  key: string,
  input: unknown,
  run: () => Promise<Output>,
  options?: { label?: string },
) => Promise<Output>;

/** One call. What the operator's settings say of a phase goes before `model` and `effort`. */
export type Prompt = {
  /** Rules. Never contains what a user wrote. */
  system: string;
  /** The task and the user's data. */
  user: string;
  /** Upper bound of the answer's length, reasoning included. */
  maxOutputTokens: number;
  /** Another model of the first provider, by its name there. Those that stand in for it are asked as they are set. */
  model?: string | undefined;
  /** How much a reasoning model thinks. */
  effort?: Effort | undefined;
};

export type Effort = "none" | "minimal" | "low" | "medium" | "high" | "xhigh";

/** Calls to the model. Only possible inside a step, so that no call is ever paid for twice. */
export type Model = {
  /** Free text, as the model wrote it. */
  text(prompt: Prompt): Promise<string>;
  /** JSON that fits `schema`. An answer that does not fit is sent back for repair, at most twice, each time billed. */
  object<Schema extends z.ZodType>(prompt: Prompt & { name: string; schema: Schema }): Promise<z.output<Schema>>;
};

/** The tenant's shops at Shopify. */
export type Shops = {
  /**
   * Puts an article that Galley keeps into a blog, or brings the one that is there up to date. It may be called again after
   * whatever was cut off: there is one article in the blog. Throws WaitError when the shop asks to slow down.
   */
  publish(order: { articleId: string } & PublishTo): Promise<Publication>;
};

/** A line of the service's log, with the job, its type, its phase and the attempt. Prompts and texts do not belong there. */
type LogLine = (event: string, facts?: Record<string, string | number | boolean | null>) => void;

/** All that a handler gets. */
export type PhaseContext<Input> = {
  input: Input;
  /** `articleId`: of the article that the job has kept so far (`record`), or null. */
  job: Readonly<{ id: string; type: string; tenant: string; articleId: string | null }>;
  /** 1 for the first run that counts. */
  attempt: number;
  /** Aborted when the job is cancelled, the attempt has run out of time or the service stops. */
  signal: AbortSignal;
  step: Step;
  model: Model;
  shops: Shops;
  /** What part of this phase is done, and what the consumer reads meanwhile. */
  progress(progress: { done: number; of: number; currentStep?: string }): Promise<void>;
  /**
   * Rests, without a slot and without using an attempt: the phase ends here, and runs again when the time is over. Then
   * its steps are kept and this returns at once. `name` tells several of a phase apart; `why` is shown to the consumer.
   */
  wait(name: string, rest: { seconds: number; why: string }): Promise<void>;
  /**
   * Waits for a person's answer, without a slot and without using an attempt: the phase ends here, and runs again when the
   * answer has come or its time is over. Then its steps are kept and this returns at once: the answer, checked, or null if
   * none came in time. When the schema refuses an answer, the job asks again. `name` tells several of a phase apart.
   */
  waitFor<Schema extends z.ZodType<object>>(
    name: string,
    schema: Schema,
    asked: AnswerAsked,
  ): Promise<z.output<Schema> | null>;
  /**
   * Submits other jobs (`child(type, input)`), once, and waits until all of them have ended, without a slot and without using an
   * attempt: the phase ends here, and runs again then. Returns how they have ended, in the order of the list; what of them
   * failed is for the handler to judge. Their cost and progress count into this job; they are cancelled with it.
   */
  spawn<Result>(name: string, children: readonly Child<Result>[]): Promise<EndedChild<Result>[]>;
  log: { info: LogLine; warn: LogLine };
};

/** What a person reads who is asked for an answer. */
export type AnswerAsked = {
  /** How long the phase waits. Counts from when it is first asked: later runs of the phase do not change it. */
  until: Date;
  question?: string;
  /** What the answer is about, as Markdown: a draft to approve. */
  content?: string;
};

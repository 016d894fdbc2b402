import type { z } from "zod";
import type { Tx } from "../db/client.ts";
import type { PhaseContext } from "./context.ts";

/**
 * One phase of a job type. Return means done, throw means try again, PermanentError means stop.
 * A phase may run more than once; its output, and each step's, is recorded once.
 */
export type Phase<
  Name extends string = string,
  Input extends z.ZodType = z.ZodType,
  Output extends z.ZodType = z.ZodType,
> = {
  name: Name;
  input: Input;
  output: Output;
  /**
   * Of its output, as it is kept for the phases behind it. Raise it with a change that the code of before could not read.
   * Default 1.
   */
  version?: number;
  /** Brings kept outputs of older code up to date, a version at a time. One without an entry is taken as it is. */
  migrate?: Migrations;
  /** How the consumer reads it, e.g. "Writing the sections". Default: the name. */
  label?: string;
  /** Its share of the whole job's percentage, compared with the other phases. Default 1. */
  weight?: number;
  /** How often it is tried again. Default 2, so three attempts. */
  retryLimit?: number;
  /** Time limit of one attempt, in seconds. Default 300. */
  expireInSeconds?: number;
  /**
   * Whether a job wants this phase, which must be its type's last. Default: each does. A job that does not ends before it,
   * with what the phase would have begun with: its output must take that.
   */
  when?: z.output<Input> extends z.output<Output> ? (input: z.output<Input>) => boolean : never;
  run(context: PhaseContext<z.output<Input>>): Promise<z.input<Output>>;
};

/** A phase of any shape. `never` makes it accept every `run`, and callable only with an input that was parsed. */
export type AnyPhase = Omit<Phase, "run" | "when"> & {
  when?: (input: never) => boolean;
  run(context: PhaseContext<never>): Promise<unknown>;
};

/** From each version to the next: `{ 1: (stored) => … }` makes version 2 of what was stored as version 1. */
export type Migrations = Readonly<Record<number, (stored: unknown) => unknown>>;

/** A job type. Without its parameters: any one. */
export type JobType<Type extends string = string, Input extends z.ZodType = z.ZodType, Result = unknown> = {
  type: Type;
  description: string;
  input: Input;
  /** As those of a phase, for the input that a job was submitted with. */
  version?: number;
  migrate?: Migrations;
  /** An input that fits: the suite that all types must pass runs it. */
  example?: z.input<Input>;
  phases: readonly AnyPhase[];
  /**
   * What the type must look up before it begins, in the transaction that submits the job. Returns the input that is kept.
   * Throws InputError for one that cannot be accepted. May run more than once.
   */
  prepare?(tx: Tx, input: z.output<Input>, job: PreparedJob): Promise<z.input<Input>>;
  /** Whether `prepare` has something to do for this input. Default: it always has. */
  prepares?(input: z.output<Input>): boolean;
  /**
   * What the type keeps of its own, written in the transaction that completes the job. Returns what joins the job's row. Of a
   * type whose last phase has a `when` also in the transaction before that phase: then it is called twice, and finds in
   * `job.articleId` what it has returned.
   */
  record?(tx: Tx, job: RecordedJob, output: Result): Promise<Recorded>;
};

export type PreparedJob = { id: string; tenant: string; topicId: string | null };

export type RecordedJob = {
  id: string;
  tenant: string;
  topicId: string | null;
  /** What an earlier call for this job has returned. */
  articleId: string | null;
  model: string | null;
  startedAt: Date;
};

/** What joins the job's row. `result` is what the consumer gets; without it, the last phase's output. */
export type Recorded = { articleId?: string; wordCount?: number; seoScore?: number; result?: unknown };

/** Each phase must accept what the one before it gives; the first must accept the type's input. */
export type Chain<Given, From extends string, Phases extends readonly AnyPhase[]> = Phases extends readonly [
  infer First extends AnyPhase,
  ...infer Rest extends readonly AnyPhase[],
]
  ? Given extends z.input<First["input"]>
    ? readonly [First, ...Chain<z.output<First["output"]>, `the output of "${First["name"]}"`, Rest>]
    : readonly [Misfit<`The phase "${First["name"]}" does not accept ${From}.`>, ...Rest]
  : readonly [];

/** What the compiler prints where a chain does not fit. */
type Misfit<Problem extends string> = { "this chain does not fit": Problem };

type Last<Phases extends readonly AnyPhase[]> = Phases extends readonly [...unknown[], infer L extends AnyPhase]
  ? z.output<L["output"]>
  : never;

export function definePhase<const Name extends string, Input extends z.ZodType, Output extends z.ZodType>(
  phase: Phase<Name, Input, Output>,
): Phase<Name, Input, Output> {
  return phase;
}

/** Puts phases together. The type that comes back knows its name, its input and its result. */
export function defineJob<
  const Type extends string,
  Input extends z.ZodType,
  const Phases extends readonly AnyPhase[],
>(
  job: Omit<JobType<Type, Input, Last<Phases>>, "phases"> & {
    phases: Phases & Chain<z.output<Input>, `the input of the type "${Type}"`, Phases>;
  },
): JobType<Type, Input, Last<Phases>> {
  return job;
}

import type { z } from "zod";
import type { JobErrorCode } from "../errors.ts";
import type { JobType } from "./define.ts";

/** A job that a phase asks for. */
export type Child<Result = unknown> = ChildOptions & { type: JobType<string, z.ZodType, Result>; input: unknown };

export type ChildOptions = {
  /** Its own bound, beside those of the jobs above it. A decimal number of dollars. */
  maxCostUsd?: string;
  tags?: string[];
};

/** How a child has ended. `result`: what its last phase gave. `cost`: USD, null if it is not known. */
export type EndedChild<Result = unknown> = { id: string; cost: string | null } & (
  | { status: "completed"; result: Result }
  | { status: "failed"; error: { code: JobErrorCode; message: string } }
  | { status: "cancelled" }
);

/** A job of `type` for `spawn`, its input checked by the compiler. */
export function child<Input extends z.ZodType, Result>(
  type: JobType<string, Input, Result>,
  input: z.input<Input>,
  options: ChildOptions = {},
): Child<Result> {
  return { type: type as unknown as JobType<string, z.ZodType, Result>, input, ...options };
}

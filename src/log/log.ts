import { DrizzleQueryError } from "drizzle-orm";
import type { pino } from "pino";
import { z } from "zod";
import { type LogFormat, openLog } from "./line.ts";

export type Log = pino.Logger;

/** The log of a process, with errors as `describeError` makes them. `format`: as a terminal or a file wants it by default. */
export function createLog(level: string, format?: LogFormat): Log {
  return openLog(level, { serializers: { err: describeError }, format });
}

const longestMessage = 300;

/**
 * What the log says of an error: its kind, code, message and frames. An error's own fields are left out, since they can
 * hold SQL parameters, prompts and keys; so are messages that repeat what they were given.
 */
export function describeError(error: unknown): Record<string, unknown> {
  // Node's own errors are no `instanceof Error` within a test, which has globals of its own.
  if (!Error.isError(error)) return { name: "not an error", message: typeof error };
  // Its message holds the statement's parameters; what the database or the network said is its cause.
  if (error instanceof DrizzleQueryError && error.cause !== undefined) return describeError(error.cause);
  const { name, code, detail, stack = "" } = error as Error & { code?: unknown; detail?: unknown };
  // The detail of a PostgreSQL error quotes the row; that of a JobError names places and no values.
  const isOwnDetail = name === "SchemaError" && typeof detail === "string";
  return { name, code, message: messageOf(error), ...(isOwnDetail ? { detail } : {}), stack: framesOf(stack) };
}

function messageOf(error: Error): string {
  if (error instanceof z.ZodError) {
    return error.issues.map(({ path, message }) => `${path.map(String).join(".")}: ${message}`).join("; ");
  }
  // JSON.parse quotes the text that it could not read.
  const message = error.name === "SyntaxError" ? error.message.replace(/".*"/s, "…") : error.message;
  return message.length > longestMessage ? `${message.slice(0, longestMessage)}…` : message;
}

function framesOf(stack: string): string[] {
  return stack
    .split("\n")
    .filter((line) => line.trimStart().startsWith("at "))
    .slice(0, 8)
    .map((line) => line.trim());
}

import type { z } from "zod";
import { ModelError } from "./port.ts";

/**
 * Reads JSON of this shape from a model's answer, which may be wrapped in one code fence.
 * Throws ModelError `invalid_output`: its message names each problem by path and says nothing of the text.
 */
export function parseJson<Schema extends z.ZodType>(text: string, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(parse(withoutFence(text)));
  if (result.success) return result.data;
  const issues = result.error.issues;
  const lines = issues.slice(0, issueLimit).map(describe);
  if (issues.length > issueLimit) lines.push(`and ${issues.length - issueLimit} more`);
  throw new ModelError("invalid_output", `The model's answer does not fit: ${lines.join("; ")}.`);
}

const issueLimit = 20;

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // Not kept as the cause: its message quotes the text.
    throw new ModelError("invalid_output", "The model's answer is not JSON.");
  }
}

function withoutFence(text: string): string {
  return /^\s*```\w*\s*\n(.*?)\n?\s*```\s*$/s.exec(text)?.[1] ?? text;
}

function describe(issue: z.core.$ZodIssue): string {
  const path = issue.path.map(String).join(".") || "the whole";
  return `${path}: ${issue.message}`.slice(0, 200);
}

import type { z } from "zod";
import { ModelError } from "./port/port.ts";

/**
 * Reads JSON of this shape from a model's answer, which may stand in a code fence or between words.
 * Throws ModelError `invalid_output`: its message names each problem by path and says nothing of the text.
 */
export function parseJson<Schema extends z.ZodType>(text: string, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(parse(text));
  if (result.success) return result.data;
  const issues = result.error.issues;
  const lines = issues.slice(0, issueLimit).map(describe);
  if (issues.length > issueLimit) lines.push(`and ${issues.length - issueLimit} more`);
  throw new ModelError("invalid_output", `The model's answer does not fit: ${lines.join("; ")}.`);
}

const issueLimit = 20;

function parse(text: string): unknown {
  for (const json of candidates(text)) {
    try {
      return JSON.parse(json);
    } catch {
      // Not kept as the cause: its message quotes the text.
    }
  }
  throw new ModelError("invalid_output", "The model's answer is not JSON.");
}

/** The whole of it, what stands in a code fence, and from the first bracket to the last. */
function candidates(text: string): string[] {
  const whole = text.replace(/^\uFEFF/, "");
  const fenced = /```\w*\s*\n(.*?)\n?\s*```/s.exec(whole)?.[1];
  const braced = /[[{].*[\]}]/s.exec(whole)?.[0];
  return [whole, fenced, braced].filter((one) => one !== undefined);
}

function describe(issue: z.core.$ZodIssue): string {
  const path = issue.path.map(String).join(".") || "the whole";
  return `${path}: ${issue.message}`.slice(0, 200);
}

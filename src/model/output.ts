import type { z } from "zod";
import { ModelError } from "./port/port.ts";

/**
 * Reads JSON of this shape from a model's answer, which may stand in a code fence or between words.
 * Throws ModelError `invalid_output`: its message names each problem by path and says nothing of the text.
 */
export function parseJson<Schema extends z.ZodType>(text: string, schema: Schema): z.output<Schema> {
  const results = parsed(text).map((value) => schema.safeParse(value));
  const fitting = results.find(({ success }) => success);
  if (fitting?.success) return fitting.data;
  const issues = results[0]?.error?.issues;
  if (!issues) throw new ModelError("invalid_output", "The model's answer is not JSON.");
  const lines = issues.slice(0, issueLimit).map(describe);
  if (issues.length > issueLimit) lines.push(`and ${issues.length - issueLimit} more`);
  throw new ModelError("invalid_output", `The model's answer does not fit: ${lines.join("; ")}.`);
}

const issueLimit = 20;
// Brackets in the words around it: "Here is [1] the JSON: {…}".
const mostOpenings = 50;

/** All JSON that the text may be meant to give, the likeliest first. */
function parsed(text: string): unknown[] {
  return candidates(text).flatMap((json) => {
    try {
      return [JSON.parse(json) as unknown];
    } catch {
      // Not kept as the cause: its message quotes the text.
      return [];
    }
  });
}

/** The whole of it, what stands in a code fence, from the first bracket to the last, and from each bracket to its match. */
function candidates(text: string): string[] {
  const whole = text.replace(/^\uFEFF/, "");
  const fenced = /```\w*\s*\n(.*?)\n?\s*```/s.exec(whole)?.[1];
  const braced = /[[{].*[\]}]/s.exec(whole)?.[0];
  const openings = [...whole.matchAll(/[[{]/g)].slice(0, mostOpenings).map(({ index }) => index);
  const matched = openings.flatMap((at) => balanced(whole, at) ?? []).toSorted((a, b) => b.length - a.length);
  return [whole, fenced, braced, ...matched].filter((one) => one !== undefined);
}

/** From the bracket at `start` to its match. Brackets in texts do not count. */
function balanced(text: string, start: number): string | undefined {
  let depth = 0;
  let isInText = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (isInText && character === "\\") at++;
    else if (character === '"') isInText = !isInText;
    else if (!isInText && (character === "{" || character === "[")) depth++;
    else if (!isInText && (character === "}" || character === "]") && --depth === 0)
      return text.slice(start, at + 1);
  }
  return undefined;
}

function describe(issue: z.core.$ZodIssue): string {
  const path = issue.path.map(String).join(".") || "the whole";
  return `${path}: ${issue.message}`.slice(0, 200);
}

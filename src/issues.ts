import type { z } from "zod";
import type { InputIssue } from "./errors.ts";

/** What zod found, each with a JSON pointer to its place; `at` is where the checked value stands in the body. */
export function issuesOf(error: z.ZodError, at: readonly PropertyKey[] = []): InputIssue[] {
  return error.issues.flatMap((issue) =>
    // An unknown field's own place says more than that of the object around it.
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ pointer: pointerTo([...at, ...issue.path, key]), message: "unknown field" }))
      : [{ pointer: pointerTo([...at, ...issue.path]), message: issue.message }],
  );
}

/** A JSON pointer (RFC 6901). */
export function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

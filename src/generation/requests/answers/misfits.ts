import type { ErrorObject } from "ajv";
import type { InputIssue } from "../../../errors.ts";
import { pointerTo } from "../../../issues.ts";

const mostShown = 20;

/** What of a value does not fit a JSON Schema, each with a JSON pointer to its place. */
export async function misfitsOf(schema: Record<string, unknown>, value: unknown): Promise<InputIssue[]> {
  // Most processes never check an answer.
  const [{ Ajv2020 }, formats] = await Promise.all([import("ajv/dist/2020.js"), import("ajv-formats")]);
  // Patterns are those of the phase's code, most often without the flag `u`, which not all of them bear.
  const ajv = new Ajv2020({ strict: false, allErrors: true, unicodeRegExp: false });
  formats.default.default(ajv);
  const fits = ajv.compile(schema);
  return fits(value) ? [] : (fits.errors ?? []).slice(0, mostShown).map(issueOf);
}

/** An unknown or missing field's own place says more than that of the object around it. */
function issueOf({ instancePath, keyword, params, message = "does not fit" }: ErrorObject): InputIssue {
  if (keyword === "additionalProperties")
    return { pointer: instancePath + pointerTo([params.additionalProperty]), message: "unknown field" };
  if (keyword === "required")
    return { pointer: instancePath + pointerTo([params.missingProperty]), message: "is required" };
  return {
    pointer: instancePath,
    message: keyword === "enum" ? `${message}: ${params.allowedValues.join(", ")}` : message,
  };
}

import { createHash } from "node:crypto";
import { stringify } from "safe-stable-stringify";

/** SHA-256 of a value as JSON, in hex: the same for equal values, whatever the order of their keys. */
export function hashOf(value: unknown): string {
  return createHash("sha256")
    .update(stringify(value) ?? "undefined")
    .digest("hex");
}

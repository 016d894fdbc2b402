import { isUtf8 } from "node:buffer";
import express, { type RequestHandler } from "express";
import { RequestError } from "../../errors.ts";
import { pointerTo } from "../../issues.ts";

const mebibyte = 1024 * 1024;

/** What `express.json` throws for a body that is no UTF-8, by its `type`. */
export const notUtf8 = "galley.not_utf8";

/**
 * Reads JSON bodies up to 1 MiB. A body of another type or in another encoding than UTF-8 is refused, and so is text
 * that PostgreSQL cannot store, in the body as in the query.
 */
export const jsonBody: RequestHandler[] = [
  (request, _response, next) => {
    const length = Number(request.get("Content-Length") ?? 0);
    const hasBody = length > 0 || request.get("Transfer-Encoding") !== undefined;
    if (hasBody && !request.is("application/json")) {
      throw new RequestError(
        "invalid_input",
        `Expected a body of type application/json, got ${request.get("Content-Type") ?? "none"}.`,
      );
    }
    // The parser would wait for all of it first.
    if (length > mebibyte) throw tooLarge();
    if (hasBrokenEscapes(request.originalUrl)) {
      throw new RequestError("invalid_input", "Expected UTF-8 in the address, got other bytes.");
    }
    next();
  },
  express.json({
    limit: mebibyte,
    verify(_request, _response, bytes, encoding) {
      // Otherwise each wrong byte becomes U+FFFD, and an article about that is paid for.
      if (encoding === "utf-8" && isUtf8(bytes)) return;
      throw Object.assign(new Error("Expected a body in UTF-8, got other bytes."), { type: notUtf8 });
    },
  }),
  (request, _response, next) => {
    refuseUnstorable(request.body, []);
    refuseUnstorable(request.query, []);
    next();
  },
];

/** Refuses a body for its size. */
export const tooLarge = () => new RequestError("too_large", "A body may have up to 1 MiB.");

// A percent sign that escapes nothing stands for itself.
function hasBrokenEscapes(address: string): boolean {
  const escaped = address.match(/(?:%[0-9a-f]{2})+/gi) ?? [];
  return escaped.some((bytes) => !isUtf8(Buffer.from(bytes.replaceAll("%", ""), "hex")));
}

const deepest = 100;

// PostgreSQL stores neither the character NUL nor half of a surrogate pair, in text as in jsonb.
function refuseUnstorable(value: unknown, path: PropertyKey[]): void {
  if (path.length > deepest) {
    throw new RequestError("invalid_input", `The body is nested deeper than ${deepest} levels.`);
  }
  if (typeof value === "string") {
    if (value.includes("\0")) throw unstorable(path, "contains the character NUL");
    if (!value.isWellFormed()) throw unstorable(path, "contains half of a surrogate pair");
  }
  if (typeof value !== "object" || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    refuseUnstorable(key, [...path, key.replaceAll("\0", "\\0")]);
    refuseUnstorable(member, [...path, key]);
  }
}

const unstorable = (path: PropertyKey[], message: string) =>
  new RequestError("invalid_input", "The request is not valid.", {
    issues: [{ pointer: pointerTo(path), message }],
  });

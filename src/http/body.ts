import express, { type RequestHandler } from "express";
import { RequestError } from "../errors.ts";
import { pointerTo } from "../issues.ts";

const mebibyte = 1024 * 1024;

/** Reads JSON bodies up to 1 MiB. A body of another type is refused, not ignored; so is the character NUL. */
export const jsonBody: RequestHandler[] = [
  (request, _response, next) => {
    const hasBody =
      Number(request.get("Content-Length") ?? 0) > 0 || request.get("Transfer-Encoding") !== undefined;
    if (hasBody && !request.is("application/json")) {
      throw new RequestError(
        "invalid_input",
        `Expected a body of type application/json, got ${request.get("Content-Type") ?? "none"}.`,
      );
    }
    next();
  },
  express.json({ limit: mebibyte }),
  (request, _response, next) => {
    refuseNul(request.body, []);
    refuseNul(request.query, []);
    next();
  },
];

const deepest = 100;

// PostgreSQL cannot store the character NUL, in text as in jsonb.
function refuseNul(value: unknown, path: PropertyKey[]): void {
  if (path.length > deepest) {
    throw new RequestError("invalid_input", `The body is nested deeper than ${deepest} levels.`);
  }
  if (typeof value === "string" && value.includes("\0")) {
    throw new RequestError("invalid_input", "The request is not valid.", {
      issues: [{ pointer: pointerTo(path), message: "contains the character NUL" }],
    });
  }
  if (typeof value !== "object" || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    refuseNul(key, [...path, key.replaceAll("\0", "\\0")]);
    refuseNul(member, [...path, key]);
  }
}

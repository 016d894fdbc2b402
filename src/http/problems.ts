import { STATUS_CODES } from "node:http";
import type { ErrorRequestHandler, RequestHandler, Response } from "express";
import type { z } from "zod";
import { isDatabaseUnavailable } from "../db/availability.ts";
import { describeOutage } from "../db/outage/words.ts";
import { RequestError, requestErrors } from "../errors.ts";
import { issuesOf } from "../issues.ts";
import type { Log } from "../log/log.ts";
import { notUtf8, tooLarge } from "./middleware/body.ts";

const retryAfterOutageSeconds = 5;
// A body of 1 MiB can hold 150,000 unknown fields.
const mostIssues = 100;

/** A refusal as it is sent. */
export type Problem = { status: number; type: string; text: string };

/** Answers whatever a route threw as problem+json (RFC 9457). */
export function problemHandler(log: Log): ErrorRequestHandler {
  return (thrown, request, response, next) => {
    if (response.headersSent) return next(thrown);
    const error = toRequestError(thrown);
    if (error.code === "internal") {
      log.error({
        event: "request_failed",
        requestId: response.get("X-Request-Id"),
        path: request.path,
        err: thrown,
      });
    }
    sendProblem(response, error);
  };
}

export const nothingHere: RequestHandler = (request) => {
  throw new RequestError("not_found", `There is nothing at ${request.method} ${request.path}.`);
};

/** What was thrown, as the refusal that a client may read. */
export function toRequestError(thrown: unknown): RequestError {
  if (thrown instanceof RequestError) return thrown;
  if (isDatabaseUnavailable(thrown)) {
    return new RequestError("unavailable", describeOutage(thrown).message, {
      cause: thrown,
      retryAfterSeconds: retryAfterOutageSeconds,
    });
  }
  const { type, status, message } = bodyError(thrown);
  if (type === "entity.parse.failed")
    return new RequestError("invalid_json", "The body could not be read as JSON.");
  if (type === notUtf8) return new RequestError("invalid_input", message);
  if (type === "entity.too.large") return tooLarge();
  if (status >= 400 && status < 500) {
    const isBare = message === STATUS_CODES[status];
    return new RequestError(
      "invalid_input",
      isBare ? "The request could not be read as its headers say." : message,
    );
  }
  return new RequestError("internal", requestErrors.internal.title, { cause: thrown });
}

/** Checks `value` against `schema`. Throws RequestError with a pointer to each problem. */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new RequestError("invalid_input", "The request is not valid.", {
    issues: issuesOf(parsed.error),
  });
}

/** A refusal as problem+json. */
export function problemOf({ code, status, message, issues }: RequestError): Problem {
  const isCut = issues.length > mostIssues;
  const problem = {
    type: `urn:galley:problem:${code}`,
    title: requestErrors[code].title,
    status,
    detail: isCut ? `${message} These are the first ${mostIssues} of ${issues.length} problems.` : message,
    code,
    ...(issues.length > 0 ? { errors: issues.slice(0, mostIssues) } : {}),
  };
  return { status, type: "application/problem+json; charset=utf-8", text: JSON.stringify(problem) };
}

function sendProblem(response: Response, error: RequestError): void {
  const { retryAfterSeconds } = error;
  if (retryAfterSeconds !== undefined) response.set("Retry-After", String(retryAfterSeconds));
  const { status, type, text } = problemOf(error);
  response.status(status).type(type).send(text);
}

// Express and its body parser throw errors that carry `status` and, mostly, `type`.
function bodyError(thrown: unknown): { type: string; status: number; message: string } {
  if (!(thrown instanceof Error)) return { type: "", status: 500, message: "" };
  const type = "type" in thrown && typeof thrown.type === "string" ? thrown.type : "";
  const status = "status" in thrown && typeof thrown.status === "number" ? thrown.status : 500;
  return { type, status, message: thrown.message };
}

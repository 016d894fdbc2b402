import { expect, test } from "@jest/globals";
import { APIConnectionError, APIConnectionTimeoutError } from "openai";
import { classify } from "../../src/model/refusals/classify.ts";
import { askedRetryTime } from "../../src/model/refusals/retry-after.ts";

const wire = (code: string) => Object.assign(new Error("socket"), { code });
const terminated = (code: string) => new TypeError("terminated", { cause: wire(code) });
const failed = (code: string) =>
  new APIConnectionError({ cause: new TypeError("fetch failed", { cause: wire(code) }) });

const now = new Date("2026-11-24T12:00:00.400Z");

test.each([
  ["SDK timeout", new APIConnectionTimeoutError(), "timeout"],
  ["no headers from undici's view", failed("UND_ERR_HEADERS_TIMEOUT"), "timeout"],
  ["no body from undici's view", terminated("UND_ERR_BODY_TIMEOUT"), "timeout"],
  ["DNS", failed("ENOTFOUND"), "network"],
  ["reset", failed("ECONNRESET"), "network"],
  ["cut stream", terminated("UND_ERR_SOCKET"), "network"],
  ["a bug", new TypeError("x is not a function"), "internal"],
  ["nothing known", "thrown text", "internal"],
  ["undefined", undefined, "internal"],
])("%s is classified", (_name, error, code) => {
  expect(classify(error)).toMatchObject({ code, cause: error });
});

test.each([
  ["Please try again in 28ms.", 28],
  ["Please try again in 11.054s. Visit", 11_054],
  ["Please try again in 6m0s.", 360_000],
  ["Please try again in 1m2.5s.", 62_500],
  ["Please try again in 1h2m3.5s.", 3_600_000],
  ["try again in 35 seconds", 35_000],
  ["Try again in 2 minutes", 120_000],
  ["try again in a moment", undefined],
  ["try again in 5 apples", undefined],
  ["try again in 7", undefined],
  ["", undefined],
])("%j asks for %s ms", (message, delayMs) => {
  expect(askedRetryTime(undefined, now, message)?.getTime()).toBe(
    delayMs === undefined ? undefined : +now + delayMs,
  );
});

test.each([
  [{ "retry-after": "0" }, "2026-11-24T12:00:00.400Z"],
  [{ "retry-after": "1.5" }, "2026-11-24T12:00:01.900Z"],
  [{ "retry-after-ms": "soon", "retry-after": "2" }, "2026-11-24T12:00:02.400Z"],
  [{ "retry-after": "Tue, 24 Nov 2026 12:10:00 GMT" }, "2026-11-24T12:10:00.000Z"],
  [{ "retry-after": "Wed, 25 Nov 2026 12:10:00 GMT" }, "2026-11-24T13:00:00.400Z"],
  [{ "retry-after": "Tue, 24 Nov 2026 11:00:00 GMT" }, undefined],
  [{ "retry-after": "-1" }, undefined],
  [{ "retry-after": "20s" }, undefined],
  [{ "retry-after": "" }, undefined],
  [{}, undefined],
])("%j means %s", (headers, expected) => {
  expect(askedRetryTime(new Headers(headers), now)?.toISOString()).toBe(expected);
});

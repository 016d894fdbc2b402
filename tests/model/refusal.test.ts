import { expect, test } from "@jest/globals";
import { APIError } from "openai";
import { ModelError } from "../../src/model/port/port.ts";
import { classify } from "../../src/model/refusals/classify.ts";
import { refusalOf } from "../../src/model/refusals/refusal.ts";
import { askedRetryTime } from "../../src/model/refusals/retry-after.ts";

const prompt = "Write about the summer sale of my grandmother's shop in Lyon.";
const said = (message: string) =>
  refusalOf(
    new ModelError("bad_request", undefined, {
      cause: new APIError(
        400,
        { message, type: "invalid_request_error", code: "odd", param: "messages" },
        undefined,
        new Headers(),
      ),
    }),
    prompt,
  );

test("the provider's words are kept, without what they quote of the prompt and without keys", () => {
  expect(
    said(
      "Invalid 'messages[1]': got 'Write about the summer sale of my', with key sk-proj-abc123 and gsk_ABC and AIzaSyD-x_1.",
    ),
  ).toEqual({
    status: 400,
    code: "odd",
    type: "invalid_request_error",
    param: "messages",
    message: "400 Invalid 'messages[1]': got '…', with key … and … and ….",
  });
});

test("a long message is cut", () => {
  expect(said("no".repeat(1_000))?.message).toHaveLength(500);
});

test("what is no word of a provider is none", () => {
  expect(refusalOf(new ModelError("network"), prompt)).toBeNull();
  expect(refusalOf(new TypeError("bug"), prompt)).toBeNull();
});

test("a prompt that is quoted with escapes is struck out too", () => {
  const escaped = prompt.replace(/[aeo]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`);
  expect(said(`Invalid content: "${escaped}".`)?.message).toBe('400 Invalid content: "…".');
});

test.each([
  [{ "request-id": "req_a" }, "req_a"],
  [{ "x-amzn-requestid": "aws-1" }, "aws-1"],
  [{ "apim-request-id": "az-1" }, "az-1"],
  [{ "x-generation-id": "gen-1", "cf-ray": "ray" }, "gen-1"],
  [{ "mistral-correlation-id": "mi-1" }, "mi-1"],
  [{ "cf-ray": "ray-1" }, "ray-1"],
  [{ "x-request-id": "x-1", "request-id": "other" }, "x-1"],
])("a refusal with %j is request %s", (headers, id) => {
  const error = new APIError(500, { message: "no" }, undefined, new Headers(headers));
  expect(classify(error).providerRequestId).toBe(id);
});

test.each([
  [{ "x-ratelimit-reset": "53" }, 53_000],
  [{ "x-ratelimit-reset": "1764150060" }, 60_000],
  [{ "x-ratelimit-reset": "1764150060000", "x-ratelimit-remaining": "0" }, 60_000],
  [{ "x-ratelimit-reset": "53", "x-ratelimit-remaining": "7" }, undefined],
  [{ "x-ratelimit-reset": "53", "retry-after": "2" }, 2_000],
])("%j asks to be left alone for %j ms", (headers, ms) => {
  const now = new Date(1_764_150_000_000);
  const until = askedRetryTime(new Headers(headers), now);
  expect(until && until.getTime() - now.getTime()).toBe(ms);
});

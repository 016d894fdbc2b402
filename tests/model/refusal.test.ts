import { expect, test } from "@jest/globals";
import { APIError } from "openai";
import { ModelError } from "../../src/model/port/port.ts";
import { refusalOf } from "../../src/model/refusals/refusal.ts";

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

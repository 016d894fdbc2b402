import { expect, test } from "@jest/globals";
import { createThinkingFilter } from "../../src/model/wire/thinking.ts";

function visible(pieces: readonly string[]): string {
  const filter = createThinkingFilter();
  let text = "";
  for (const piece of pieces) {
    const read = filter.read(piece);
    text = (read.restart ? "" : text) + read.text;
  }
  return text + filter.end();
}

/** The text in one piece, in single characters, and cut in two at every place. */
const cuts = (text: string): string[][] => [
  [text],
  [...text],
  ...Array.from(text, (_, at) => [text.slice(0, at), text.slice(at)]),
];

test.each([
  ["<think>\nOkay, the user asks.\n</think>\n\nHello.", "Hello."],
  ["\n<think>a < b</think>Hello.", "Hello."],
  ["Okay, the user asks.\n</think>\n\nHello.", "Hello."],
  ['<think></think>\n\n{"a":1}', '{"a":1}'],
  ["<think>one</think>\n<think>two</think>Hello.", "Hello."],
  ["<THINKING>loud</THINKING> Hello.", "Hello."],
  ["<think>never ends", ""],
  ["Plain, with a < b and <b>bold</b>.", "Plain, with a < b and <b>bold</b>."],
  ["Models end it with `</think>` in code.", "Models end it with `</think>` in code."],
  ["<think>x</think>Then `<think>` and </think> are words.", "Then `<think>` and </think> are words."],
  [
    "Look:\n\n```html\n<p>\n</think>\n```\n\nThat ends it.",
    "Look:\n\n```html\n<p>\n</think>\n```\n\nThat ends it.",
  ],
  ['{"text":"ends with </think> here"}', '{"text":"ends with </think> here"}'],
  ["<think>they say `x`</think>Hello.", "Hello."],
  ["<reasoning>as asked</reasoning>", "<reasoning>as asked</reasoning>"],
  ["  Indented.", "  Indented."],
  ["<", "<"],
])("of %j remains %j, however it is cut", (text, expected) => {
  for (const pieces of cuts(text)) expect({ pieces, text: visible(pieces) }).toEqual({ pieces, text: expected });
});

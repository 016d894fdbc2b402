import { expect, test } from "@jest/globals";
import { z } from "zod";
import { parseJson } from "../../src/model/output.ts";
import { ModelError } from "../../src/model/port/port.ts";
import { wireSchema } from "../../src/model/port/schema.ts";

const outline = z.object({
  title: z.string().min(3),
  sections: z.array(z.object({ heading: z.string(), words: z.int() })).min(1),
});
const fits = { title: "Soap", sections: [{ heading: "Why", words: 120 }] };

test.each([
  JSON.stringify(fits),
  `\`\`\`json\n${JSON.stringify(fits, null, 2)}\n\`\`\``,
  `\n\`\`\`\n${JSON.stringify(fits)}\n\`\`\`\n`,
  `\uFEFF${JSON.stringify(fits)}`,
  `Here you are:\n\`\`\`json\n${JSON.stringify(fits)}\n\`\`\`\nTell me if it fits.`,
  `Here you are: ${JSON.stringify(fits)} Tell me if it fits.`,
])("JSON is read from %j", (text) => {
  expect(parseJson(text, outline)).toEqual(fits);
});

test("a code fence inside a string stays", () => {
  const schema = z.object({ body: z.string() });
  const value = { body: "```js\n1\n```" };
  expect(parseJson(JSON.stringify(value), schema)).toEqual(value);
});

test.each(["Here you are: {", "", '{"title": "Soap"', "```json\n{"])("%j is not JSON", (text) => {
  const error = errorOf(() => parseJson(text, outline));
  expect(error).toMatchObject({
    code: "invalid_output",
    message: "The model's answer is not JSON.",
    cause: undefined,
  });
});

test("what does not fit is named by path, without the text", () => {
  const text = JSON.stringify({ title: "x", sections: [{ heading: "Why", words: "WORDS" }, {}] });
  const error = errorOf(() => parseJson(text, outline));
  expect(error.code).toBe("invalid_output");
  expect(error.message).toBe(
    "The model's answer does not fit: title: Too small: expected string to have >=3 characters; " +
      "sections.0.words: Invalid input: expected number, received string; " +
      "sections.1.heading: Invalid input: expected string, received undefined; " +
      "sections.1.words: Invalid input: expected number, received undefined.",
  );
});

test("a hundred problems are not listed one by one", () => {
  const error = errorOf(() => parseJson(JSON.stringify(Array(100).fill(1)), z.array(z.string())));
  expect(error.message).toMatch(/and 80 more\.$/);
});

test("limits stay off the wire, fields named like limits do not", () => {
  const schema = z.object({
    format: z.email().max(80).describe("where to write"),
    pattern: z.array(z.int().min(1).max(9)).min(1).max(3),
    minimum: z.string().min(2).nullable(),
    kind: z.discriminatedUnion("is", [
      z.object({ is: z.literal("a"), text: z.string().max(5) }),
      z.object({ is: z.literal("b"), size: z.number().positive() }),
    ]),
  });
  const object = (properties: Record<string, unknown>) => ({
    type: "object",
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  });
  expect(wireSchema(schema)).toEqual(
    object({
      format: { type: "string", description: "where to write" },
      pattern: { type: "array", items: { type: "integer" } },
      minimum: { anyOf: [{ type: "string" }, { type: "null" }] },
      kind: {
        anyOf: [
          object({ is: { type: "string", const: "a" }, text: { type: "string" } }),
          object({ is: { type: "string", const: "b" }, size: { type: "number" } }),
        ],
      },
    }),
  );
});

test("a shape that recurs keeps its definition, without limits", () => {
  const node = z.object({
    name: z.string().max(9),
    get children() {
      return z.array(node).max(3);
    },
  });
  const text = JSON.stringify(wireSchema(z.object({ left: node, right: node })));
  expect(text).toContain('"$ref":"#/definitions/');
  expect(text).not.toMatch(/maxLength|maxItems/);
});

test.each([
  ["optional", z.object({ a: z.string().optional() })],
  ["record", z.object({ a: z.record(z.string(), z.string()) })],
  ["root array", z.array(z.string())],
])("%s cannot be sent", (_name, schema) => {
  expect(() => wireSchema(schema)).toThrow();
});

function errorOf(run: () => unknown): ModelError {
  try {
    run();
  } catch (error) {
    if (error instanceof ModelError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

test.each([
  'Here is [1] the JSON: {"a":1}',
  '{"a":1} as in [this]',
  'See [1], {"b":2} and {"a":1}.',
  'A text with a brace: {"a":1,"b":"}"} and more }',
])("the JSON that fits is found in %j", (text) => {
  expect(parseJson(text, z.object({ a: z.number() }))).toMatchObject({ a: 1 });
});

import { expect, test } from "@jest/globals";
import { z } from "zod";
import { jobTypes } from "../../jobs/index.ts";
import { askedBatchOf, askedOf, givenOf, messagesOf, noOptions, withAt } from "../../src/console/app/form/draft.ts";
import { beginningOf, kindOf, mainTextOf, requiredFirst, type Schema } from "../../src/console/app/form/schema.ts";
import { asWords } from "../../src/console/app/parts/format.ts";

const schemaOf = (type: z.ZodType) => z.toJSONSchema(type, { io: "input" }) as Schema;

test.each([
  [z.string(), "text"],
  [z.string().max(500), "long text"],
  [z.int(), "number"],
  [z.boolean().default(true), "check"],
  [z.enum(["a", "b"]), "choice"],
  [z.array(z.string()), "lines"],
  [z.union([z.array(z.string()), z.string()]), "lines"],
  [z.object({ a: z.string() }), "group"],
  [z.array(z.object({ a: z.string() })), "groups"],
  [z.record(z.string(), z.string()), "json"],
  [z.union([z.int(), z.boolean()]), "json"],
] as const)("each schema has a form: %#", (schema, kind) => {
  expect(kindOf(schemaOf(schema))).toBe(kind);
});

test("a form begins with the defaults, and its main text is the first that must be given", () => {
  const article = jobTypes.find(({ type }) => type === "article");
  const schema = schemaOf(article?.input ?? z.never());
  expect(beginningOf(schema)).toEqual({
    topic: { tone: "professional", length: "medium", template: "article" },
    optimizeForSEO: true,
    internalLinks: [],
  });
  expect(mainTextOf(schema)).toEqual(["topic", "title"]);
  expect(mainTextOf(schemaOf(z.object({ count: z.int() })))).toBeNull();
});

test("what is left empty is not sent, and what is given is", () => {
  const draft = { title: "Rye", tone: " ", keywords: ["", "bread"], brand: { name: "" }, count: 0, isShort: false };
  expect(givenOf(draft)).toEqual({ title: "Rye", keywords: ["bread"], count: 0, isShort: false });
  expect(askedOf("note", { a: "" }, noOptions)).toEqual({ type: "note", input: {} });
  const options = { tags: "a, b,,", maxCostUsd: "0.5", priority: "-3", startAfter: "2026-11-26T10:00" };
  expect(askedOf("note", {}, options)).toEqual({
    type: "note",
    input: {},
    tags: ["a", "b"],
    maxCostUsd: "0.5",
    priority: -3,
    startAfter: new Date("2026-11-26T10:00").toISOString(),
  });
});

test("a job of a batch differs in its main text alone, and tags are the batch's", () => {
  const draft = { topic: { title: "Old", tone: "dry" }, count: 2 };
  const drafts = ["A", "B"].map((title) => withAt(draft, ["topic", "title"], title));
  expect(askedBatchOf("note", drafts, { ...noOptions, tags: "spring", priority: "1" })).toEqual({
    jobs: [
      { type: "note", input: { topic: { title: "A", tone: "dry" }, count: 2 }, priority: 1 },
      { type: "note", input: { topic: { title: "B", tone: "dry" }, count: 2 }, priority: 1 },
    ],
    tags: ["spring"],
  });
});

test("what the service refuses stands at the field that it speaks of", () => {
  const messages = messagesOf([
    { pointer: "/input/topic/title", message: "too short" },
    { pointer: "/jobs/2/input/topic", message: "expected object" },
  ]);
  expect([...messages]).toEqual([
    ["/input/topic/title", "too short"],
    ["/input/topic", "Job 3: expected object"],
  ]);
});

test.each([
  ["targetWordCount", "Target word count"],
  ["optimizeForSEO", "Optimize for SEO"],
  ["tenant_limit", "Tenant limit"],
])("%s is called %s", (name, words) => {
  expect(asWords(name)).toBe(words);
});

test("what must be given stands before what may be", () => {
  const schema = schemaOf(z.object({ note: z.string().optional(), title: z.string(), isGood: z.boolean() }));
  expect(Object.keys(requiredFirst(schema).properties ?? {})).toEqual(["title", "isGood", "note"]);
});

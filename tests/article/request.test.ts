import { expect, test } from "@jest/globals";
import { z } from "zod";
import { ArticleInput, ArticleRequest, allowedLinksOf, targetWordsOf } from "../../jobs/article/request.ts";
import { templateNames } from "../../jobs/article/templates.ts";

const topic = { title: "Sourdough" };

test("a title is enough", () => {
  expect(ArticleInput.parse({ topic: { title: "  Sourdough " } })).toEqual({
    topic: { title: "Sourdough", keywords: [], tone: "professional", length: "medium", template: "article" },
    optimizeForSEO: true,
    products: [],
    internalLinks: [],
  });
});

test("keywords come as a list or as one text, and each one once", () => {
  const parse = (keywords: unknown) => ArticleInput.parse({ topic: { ...topic, keywords } }).topic.keywords;
  expect(parse("a, b ,A,, c++ (")).toEqual(["a", "b", "c++ ("]);
  expect(parse([" a", "", "🎉", "a"])).toEqual(["a", "🎉"]);
  expect(parse("")).toEqual([]);
});

test("a length stands for its words, unless their number is given", () => {
  const words = (length: string, targetWordCount?: number) =>
    targetWordsOf(ArticleRequest.parse({ topic: { ...topic, length }, targetWordCount, language: "en" }));
  expect(["short", "medium", "long", "comprehensive"].map((length) => words(length))).toEqual([
    500, 1000, 1500, 2000,
  ]);
  expect(words("short", 3210)).toBe(3210);
});

test("what was parsed can be parsed again", () => {
  const full = ArticleRequest.parse({
    topic: { ...topic, keywords: "a, b", template: "How-to Guide", tone: "warm", length: "short" },
    targetWordCount: 300,
    optimizeForSEO: false,
    language: "pt-BR",
    audience: "bakers",
    brand: { name: "Mill", voice: "calm", banned: ["cheap"] },
    products: [{ id: "1", title: "Flour", url: "https://shop.example/flour", facts: "organic" }],
    internalLinks: [{ url: "https://shop.example/care", title: "Care" }],
  });
  expect(ArticleRequest.parse(full)).toEqual(full);
  expect(full.products[0]?.facts).toEqual(["organic"]);
  expect(allowedLinksOf(full)).toEqual(["https://shop.example/flour", "https://shop.example/care"]);
});

const product = { id: "1", title: "Flour", url: "https://shop.example", facts: [] };
test.each<[string, string, unknown]>([
  ["no topic", "topic", {}],
  ["a title that is too short", "topic/title", { topic: { title: " ab " } }],
  ["a title that is too long", "topic/title", { topic: { title: "x".repeat(201) } }],
  ["a NUL character", "topic/title", { topic: { title: "So\u0000urdough" } }],
  ["half a character", "topic/title", { topic: { title: "Sourdough \ud83d" } }],
  ["a NUL character in a keyword", "topic/keywords/0", { topic: { ...topic, keywords: ["\u0000"] } }],
  [
    "too many keywords",
    "topic/keywords",
    { topic: { ...topic, keywords: Array.from({ length: 21 }, (_, i) => `k${i}`) } },
  ],
  ["an unknown field", "", { topic, targetWords: 300 }],
  ["an unknown field in the topic", "topic", { topic: { ...topic, words: 300 } }],
  ["an unknown template", "topic/template", { topic: { ...topic, template: "Poem" } }],
  ["an unknown length", "topic/length", { topic: { ...topic, length: "endless" } }],
  ["too few words", "targetWordCount", { topic, targetWordCount: 299 }],
  ["too many words", "targetWordCount", { topic, targetWordCount: 4001 }],
  ["half a word", "targetWordCount", { topic, targetWordCount: 500.5 }],
  ["no language", "language", { topic, language: "xx" }],
  [
    "an address that is not https",
    "internalLinks/0/url",
    { topic, internalLinks: [{ url: "http://a.example", title: "A" }] },
  ],
  [
    "an address that runs something",
    "products/0/url",
    { topic, products: [{ ...product, url: "javascript:alert(1)" }] },
  ],
  ["two products with one id", "products", { topic, products: [product, product] }],
])("%s is refused, by its place", (_, place, request) => {
  const issues = ArticleInput.safeParse(request).error?.issues.map(({ path }) => path.join("/"));
  expect(issues?.map((path) => path.slice(0, place.length))).toContain(place);
});

test("there are the ten kinds of article", () => {
  expect(templateNames).toEqual([
    "article",
    "Artist Showcase",
    "Product Showcase",
    "How-to Guide",
    "Buying Guide",
    "Industry Trends",
    "Comparison Article",
    "Review Article",
    "Seasonal Content",
    "Problem-Solution",
  ]);
});

test("the schema can be published, limits included", () => {
  const schema = JSON.stringify(z.toJSONSchema(ArticleInput, { io: "input" }));
  expect(schema).toContain('"title":{"type":"string","minLength":3,"maxLength":200}');
  expect(schema).toContain('"Problem-Solution"');
});

import { expect, test } from "@jest/globals";
import { createBench } from "galley/testing";
import { Article } from "../../jobs/article/article.ts";
import { article } from "../../jobs/article/index.ts";
import { brief, outline, type Script, scripted, textOf, usualText } from "./script.ts";

const input = { topic: { title: "Sourdough bread at home" }, targetWordCount: 600 };
const head = {
  metaTitle: outline.metaTitle,
  metaDescription: outline.metaDescription,
  heading: "Feeding a starter for sourdough bread",
};
const weakHead: Script = {
  brief: { titleIdeas: [] },
  outline: { metaTitle: "Bread", metaDescription: "Bread." },
};

async function write(script: Script, given: Record<string, unknown> = {}) {
  const bench = createBench(scripted(script));
  const written = Article.parse(await bench.run(article, { ...input, ...given }));
  return { written, revisions: bench.steps.filter(({ key }) => key.startsWith("revise:")) };
}

test("a weak title and description are revised", async () => {
  const { written, revisions } = await write({ ...weakHead, head });
  expect(written).toMatchObject({ metaTitle: head.metaTitle, metaDescription: head.metaDescription });
  expect(revisions.map(({ key, label }) => [key, label])).toEqual([["revise:1", "Revising title and description"]]);
});

test("a revision that the score would drop by is not kept", async () => {
  const { written } = await write({
    brief: { titleIdeas: [] },
    outline: { metaTitle: "Sourdough bread in short", metaDescription: "Bread." },
    head: { metaTitle: "Other bread in short", metaDescription: "Less.", heading: "" },
  });
  expect(written.metaTitle).toBe("Sourdough bread in short");
});

test("the focus keyword finds its way into a heading, if none has it", async () => {
  const sections = outline.sections.map((section, index) => ({ ...section, heading: `Part ${index + 1}` }));
  const { written } = await write({ outline: { sections }, head });
  expect(written.markdown).toContain("\n## Feeding a starter for sourdough bread\n");
});

test("the section that lacks a keyword is revised, and kept if it is better", async () => {
  const script: Script = {
    brief: { secondaryKeywords: ["oven temperature"] },
    text: (data) =>
      data.keywords?.includes("oven temperature") && !data.problems
        ? textOf(data.targetWords, "sourdough bread takes time")
        : usualText(data),
  };
  const { written, revisions } = await write(script);
  expect(revisions.map(({ label }) => label)).toEqual(["Revising “Oven spring in a home oven”"]);
  expect(written.seoReport.checks.find(({ id }) => id === "secondary_keywords_used")?.status).toBe("pass");
});

test("at most two revisions are tried, each of something else", async () => {
  const { revisions } = await write({
    ...weakHead,
    text: ({ targetWords }) => textOf(targetWords, "internationalisation"),
  });
  expect(revisions.map(({ key }) => key)).toEqual(["revise:1", "revise:2"]);
  expect(new Set(revisions.map(({ label }) => label)).size).toBe(2);
});

test("without optimizeForSEO nothing is revised, but the score is given", async () => {
  const { written, revisions } = await write({ ...weakHead, head }, { optimizeForSEO: false });
  expect(revisions).toEqual([]);
  expect(written.seoScore).toBeLessThan(100);
  expect(written.metaTitle).toBe("Bread");
});

test("claims are reported to the editor if the article makes them", async () => {
  const made = { quote: "Sourdough bread is about time", reason: "Nobody measured it.", severity: "low" as const };
  const other = { ...made, quote: "Nine of ten bakers agree" };
  const { written } = await write({ claims: [other, made] });
  expect(written).toMatchObject({ needsReview: true, claims: [made] });
  expect(written.tags[0]).toBe(brief.focusKeyword);
});

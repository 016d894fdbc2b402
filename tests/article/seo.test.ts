import { expect, test } from "@jest/globals";
import type { Scored } from "../../jobs/article/seo/finding.ts";
import { scoreSeo, seoChecks } from "../../jobs/article/seo/score.ts";
import { textOf } from "./script.ts";

const link = "https://shop.example/care";
const short = (words: number) => textOf(words).replaceAll("dough", "it");
const good: Scored = {
  markdown: [
    `Sourdough bread needs time. See [care](${link}).`,
    short(80),
    "## Sourdough bread and its starter",
    short(90),
    "## Proofing",
    `Sourdough bread. ${short(90)}`,
    "### Details",
    short(20),
  ].join("\n\n"),
  metaTitle: "Sourdough Bread: A Calm Guide for Home Bakers",
  metaDescription: `Sourdough bread ${"x".repeat(120)}`,
  handle: "sourdough-bread-guide",
  focusKeyword: "sourdough bread",
  secondaryKeywords: ["starter", "proofing"],
  targetWords: 300,
  language: "en",
  offeredLinks: [link],
};

const checkOf = (scored: Scored, id: string) => scoreSeo(scored).checks.find((check) => check.id === id);

test("the weights add up to 100", () => {
  expect(seoChecks.reduce((sum, { weight }) => sum + weight, 0)).toBe(100);
});

test("an article that does everything right scores 100, and the same each time", () => {
  const report = scoreSeo(good);
  expect(report.checks.filter(({ status }) => status !== "pass").map(({ id, status }) => [id, status])).toEqual([
    ["images_have_alt", "n/a"],
  ]);
  expect(report.score).toBe(100);
  expect(scoreSeo(good)).toEqual(report);
});

test.each<[string, "partial" | "fail", Partial<Scored>]>([
  ["title_length", "fail", { metaTitle: "Sourdough bread" }],
  ["title_has_focus", "fail", { metaTitle: "Sourdoughs: A Calm Guide for Home Bakers" }],
  ["meta_length", "fail", { metaDescription: "Sourdough bread" }],
  ["meta_has_focus", "fail", { metaDescription: "x".repeat(130) }],
  ["handle_has_focus", "fail", { handle: "sourdough-breads" }],
  ["no_h1_in_body", "fail", { markdown: `# Title\n\n${good.markdown}` }],
  ["heading_levels_not_skipped", "fail", { markdown: `${good.markdown}\n\n##### Deep\n\nText` }],
  ["h2_per_300_words", "partial", { markdown: `## One\n\n${textOf(600)}` }],
  ["focus_in_h2", "fail", { markdown: "## One\n\nSourdough bread" }],
  ["focus_in_first_100_words", "fail", { markdown: `${textOf(101)} Sourdough bread` }],
  ["focus_density", "fail", { markdown: textOf(300, "sourdough bread") }],
  ["focus_density", "partial", { markdown: textOf(100, "sourdough bread ".repeat(3)) }],
  ["focus_density", "fail", { markdown: "sourdough bread ".repeat(50) }],
  ["secondary_keywords_used", "partial", { secondaryKeywords: ["starter", "flour"] }],
  ["secondary_keywords_used", "fail", { secondaryKeywords: ["c++ (", "[a-z]+"] }],
  ["word_count", "partial", { targetWords: 350 }],
  ["word_count", "fail", { targetWords: 500 }],
  ["flesch", "fail", { markdown: "Internationalisation necessitates considerable organisational responsibility." }],
  ["long_sentences", "fail", { markdown: "so ".repeat(30) }],
  ["long_paragraphs", "fail", { markdown: "So it is. ".repeat(60) }],
  ["internal_link", "fail", { markdown: "No link" }],
  ["links_allowed_https", "fail", { markdown: "[a](https://evil.example/)" }],
  ["images_have_alt", "fail", { markdown: "![](https://shop.example/a.png)" }],
])("%s is a %s where it should be", (id, status, change) => {
  const scored = { ...good, ...change };
  const check = checkOf(scored, id);
  expect(check?.status).toBe(status);
  expect(check?.earned).toBeLessThan(check?.weight ?? 0);
  expect(scoreSeo(scored).score).toBeLessThan(100);
});

test.each<[string, Partial<Scored>]>([
  ["internal_link", { offeredLinks: [] }],
  ["secondary_keywords_used", { secondaryKeywords: [] }],
  ["handle_has_focus", { focusKeyword: "パン", handle: "ja-1234abcd" }],
  ["flesch", { language: "de" }],
  ["images_have_alt", {}],
])("%s leaves the sum where it does not apply", (id, change) => {
  expect(checkOf({ ...good, ...change }, id)).toMatchObject({ status: "n/a", earned: 0 });
});

test("a score is there for nothing at all, too", () => {
  const nothing = { ...good, markdown: "", metaTitle: "", metaDescription: "", handle: "", focusKeyword: "()" };
  expect(scoreSeo(nothing).score).toBeGreaterThanOrEqual(0);
});

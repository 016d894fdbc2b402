import { expect, test } from "@jest/globals";
import { fitBrief } from "../../jobs/article/plan/brief.ts";
import { mostSectionsFor, sectionsFor, shareWords } from "../../jobs/article/plan/lengths.ts";
import { fitOutline, OutlineAnswer } from "../../jobs/article/plan/outline-answer.ts";
import { ArticleRequest } from "../../jobs/article/request.ts";
import { countWords } from "../../jobs/text/words.ts";
import { brief, outline } from "./script.ts";

const request = ArticleRequest.parse({ topic: { title: "Sourdough bread at home" }, language: "en" });
const [section] = outline.sections;
if (!section) throw new Error("the script has sections");
const sectionsOf = (...headings: string[]) => headings.map((heading) => ({ ...section, heading }));
const sum = (numbers: number[]) => numbers.reduce((all, number) => all + number, 0);

test.each([
  ["alike", [200, 200, 200]],
  ["unlike", [1, 5_000, 70]],
  ["nonsense", [Number.NaN, -3, Number.POSITIVE_INFINITY]],
  ["nothing", [0, 0, 0]],
])("shares add up to the target when a model's weights are %s", (_, weights) => {
  for (const target of [300, 1_000, 3_999]) {
    const shares = shareWords(
      target,
      weights.map((weight) => ({ weight, headingWords: 4 })),
    );
    expect(shares.intro + shares.conclusion + sum(shares.sections) + 4 * weights.length).toBe(target);
    expect(shares.intro / target).toBeCloseTo(0.1, 2);
    expect(shares.conclusion / target).toBeCloseTo(0.08, 2);
    expect(Math.max(...shares.sections)).toBeLessThan(6 * Math.min(...shares.sections));
  }
});

test("the number of sections follows the length", () => {
  expect([300, 1_000, 4_000].map(sectionsFor)).toEqual([3, 5, 9]);
  expect([300, 1_000, 4_000].map(mostSectionsFor)).toEqual([4, 9, 9]);
});

test("the planned lengths and headings add up to the target", () => {
  const fitted = fitOutline(outline, { request, brief, targetWords: 1_000 });
  const headings = [...fitted.sections, fitted.conclusion].map(({ heading }) => countWords(heading, "en"));
  const planned = [fitted.intro, ...fitted.sections, fitted.conclusion].map(({ targetWords }) => targetWords);
  expect(sum(planned) + sum(headings)).toBe(1_000);
  expect(fitted.sections.map(({ id }) => id)).toEqual(["s1", "s2", "s3"]);
});

test("every question, point, keyword, product and link has one place, the closest in words", () => {
  const withShop = ArticleRequest.parse({
    language: "en",
    topic: { title: "Sourdough bread at home" },
    products: [
      { id: "jar", title: "Starter jar", url: "https://shop.example/jar", facts: ["glass"] },
      { id: "tin", title: "Tin", url: "https://shop.example/tin", facts: [] },
    ],
    internalLinks: [{ url: "https://shop.example/oven", title: "Choosing an oven" }],
  });
  const { sections } = fitOutline(
    {
      ...outline,
      sections: sectionsOf("Feeding the starter", "Proofing", "Oven heat").map((one) => ({
        ...one,
        keywords: ["OVEN SPRING", "invented"],
        productIds: ["invented"],
      })),
    },
    {
      request: withShop,
      brief: { ...brief, productUse: [{ productId: "jar", facts: ["glass"] }] },
      targetWords: 600,
    },
  );
  expect(sections.flatMap(({ questions }) => questions).toSorted()).toEqual(brief.questions.toSorted());
  expect(sections[0]).toMatchObject({ productIds: ["jar"], linkIndexes: [] });
  expect(sections[0]?.keywords).toContain("starter");
  expect(sections[1]?.keywords).toContain("proofing");
  expect(sections[2]).toMatchObject({ keywords: ["oven spring"], productIds: [], linkIndexes: [0] });
  // It is what the first section is about, so it needs no place of its own.
  expect(sections.flatMap(({ keyPoints }) => keyPoints)).not.toContain("feeding the starter");
});

test("an outline without usable sections goes back to the model", () => {
  const accepts = (sections: OutlineAnswer["sections"]) =>
    OutlineAnswer.safeParse({ ...outline, sections }).success;
  expect(accepts(sectionsOf("One", "Two", "Three"))).toBe(true);
  expect(accepts(sectionsOf("One", "Two"))).toBe(false);
  expect(accepts(sectionsOf("One", "Two", "<b>two</b>"))).toBe(false);
});

test("headings are plain text, and too many of them are cut", () => {
  const answer = {
    ...outline,
    sections: sectionsOf("# <b>One</b>\n", ...Array.from({ length: 20 }, (_, index) => `Section ${index}`)),
    conclusion: { ...outline.conclusion, heading: "one" },
  };
  const fitted = fitOutline(answer, { request, brief, targetWords: 1_000 });
  expect(fitted.sections).toHaveLength(9);
  expect(fitted.sections[0]?.heading).toBe("One");
  expect(fitted.conclusion.heading).toBe("In short");
});

test("the title for search results is one that they show whole and that has the focus keyword", () => {
  const titled = (metaTitle: string) =>
    fitOutline({ ...outline, metaTitle }, { request, brief, targetWords: 500 }).metaTitle;
  expect(titled("Sourdough Bread: A Calm Guide for Home Bakers")).toBe(
    "Sourdough Bread: A Calm Guide for Home Bakers",
  );
  expect(titled("Bread")).toBe("Sourdough Bread at Home, Without Any Tricks");
});

test("the focus keyword is the first given one with a letter or a digit", () => {
  const given = ArticleRequest.parse({
    topic: { title: "Cakes", keywords: ["🎂", "<b></b>", "birthday\ncake"] },
    language: "en",
  });
  const { focusKeyword, secondaryKeywords } = fitBrief(brief, given);
  expect([focusKeyword, ...secondaryKeywords]).toEqual([
    "birthday cake",
    "🎂",
    "starter",
    "proofing",
    "oven spring",
  ]);
});

test("what the user named wins over the brief, and only given products and facts are used", () => {
  const given = ArticleRequest.parse({
    language: "en",
    topic: { title: "Bread", keywords: ["rye bread", "starter"] },
    audience: "bakers",
    products: [{ id: "jar", title: "Jar", url: "https://shop.example/jar", facts: ["glass", "1 litre"] }],
  });
  const fitted = fitBrief(
    {
      ...brief,
      secondaryKeywords: ["STARTER", "Rye Bread", ...Array.from({ length: 20 }, (_, index) => `k${index}`)],
      questions: ["Why?", "why?", "<i></i>"],
      productUse: [
        { productId: "jar", facts: ["1 litre", "unbreakable"] },
        { productId: "invented", facts: [] },
      ],
    },
    given,
  );
  expect(fitted).toMatchObject({ focusKeyword: "rye bread", audience: "bakers", questions: ["Why?"] });
  expect(fitted.secondaryKeywords.slice(0, 2)).toEqual(["starter", "k0"]);
  expect(fitted.secondaryKeywords).toHaveLength(8);
  expect(fitted.productUse).toEqual([{ productId: "jar", facts: ["1 litre"] }]);
});

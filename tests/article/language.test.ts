import { expect, test } from "@jest/globals";
import { createBench } from "galley/testing";
import { Article } from "../../jobs/article/article.ts";
import { article } from "../../jobs/article/index.ts";
import { Analyzed } from "../../jobs/article/phases/analyzing.ts";
import { type PromptData, type Script, scripted, usualText } from "./script.ts";

const input = { topic: { title: "Sourdough bread at home" }, targetWordCount: 600, language: "en" };

async function write(script: Script) {
  const bench = createBench(scripted(script));
  const written = Article.parse(await bench.run(article, input));
  return { written, keys: bench.steps.map(({ key }) => key), bench };
}

const german =
  "Ein gutes Brot braucht Zeit und etwas Geduld, und die meiste Arbeit geschieht, während niemand hinsieht.";

/** German of the length that was asked for. */
const inGerman = ({ targetWords }: PromptData) => `${german} `.repeat(Math.round(targetWords / 15));

test("a part in another language is written once more", async () => {
  const { written, keys, bench } = await write({
    text: (data) => (data.heading === "Feeding the starter" && !data.problems ? inGerman(data) : usualText(data)),
  });
  expect(keys.filter((key) => key.endsWith(":repair"))).toEqual(["section:s1:repair"]);
  expect(bench.calls.some(({ user }) => user.includes("It is written in German, and should be in English."))).toBe(
    true,
  );
  expect(written.markdown).not.toContain("Brot");
  expect(written).toMatchObject({ claims: [], needsReview: false });
});

test("a part that stays in another language is reported to the editor", async () => {
  const { written, keys } = await write({
    text: (data) => (data.heading === "Feeding the starter" ? inGerman(data) : usualText(data)),
  });
  expect(keys.filter((key) => key.startsWith("section:s1"))).toEqual(["section:s1", "section:s1:repair"]);
  expect(written).toMatchObject({
    needsReview: true,
    claims: [{ quote: german, reason: "This part is written in German, not in English.", severity: "high" }],
  });
});

test("the right language with a word that the brand never uses is better than the wrong one without", async () => {
  const bench = createBench(
    scripted({
      text: (data) =>
        data.problems
          ? usualText({ ...data, focusKeyword: "cheap bread", targetWords: Math.round(data.targetWords * 0.7) })
          : inGerman(data),
    }),
  );
  const brand = { name: "Mill", banned: ["cheap"] };
  const written = Article.parse(await bench.run(article, { ...input, brand }));
  expect(written.markdown).not.toContain("Brot");
  expect(written.claims.map(({ quote }) => quote)).toEqual(["cheap"]);
});

test("a part that was right stays so when its length is mended", async () => {
  const { written } = await write({
    text(data) {
      if (!data.problems) return usualText({ ...data, targetWords: Math.round(data.targetWords * 1.24) });
      return inGerman(data);
    },
  });
  expect(written.markdown).not.toContain("Brot");
});

test("a request without a language gets that of its title, and every phase the same", async () => {
  const bench = createBench(scripted());
  const given = { topic: { title: "Sauerteigbrot backen für Anfänger", keywords: "Sauerteig, Brot backen" } };
  const { request } = Analyzed.parse(await bench.run(article, given, { through: "analyzing" }));
  expect(request.language).toBe("de");
  await bench.run(article, given);
  const languages = bench.calls.map(({ user }) => /"language": "(\w+)"/.exec(user)?.[1]);
  expect(new Set(languages)).toEqual(new Set(["de"]));
});

test("a language that is named is never doubted", async () => {
  const bench = createBench(scripted());
  const given = { topic: { title: "Sauerteigbrot backen für Anfänger" }, language: "en" };
  const { request } = Analyzed.parse(await bench.run(article, given, { through: "analyzing" }));
  expect(request.language).toBe("en");
});

import { describe, expect, test } from "@jest/globals";
import { Analyzed } from "../../jobs/article/analyzing.ts";
import { Article } from "../../jobs/article/article.ts";
import { article } from "../../jobs/article/index.ts";
import { foreignLanguageOf, languageOfTitle } from "../../jobs/article/language.ts";
import { type PromptData, type Script, scripted, usualText } from "./script.ts";
import { workbench } from "./workbench.ts";

const english =
  "A good loaf needs time and a little patience, and most of the work is done while nobody is looking at it.";
const german =
  "Ein gutes Brot braucht Zeit und etwas Geduld, und die meiste Arbeit geschieht, während niemand hinsieht.";
const japanese =
  "おいしいパンを焼くには、時間と少しの根気が必要です。生地はゆっくりと膨らみ、その間は何もしなくてかまいません。粉と水と塩だけで、毎日食べたくなるパンができます。";

describe("a text is foreign", () => {
  test.each<[string, string, string, string | null]>([
    ["in the wanted language", german, "de", null],
    ["in a variant of it", english, "en-GB", null],
    ["in another one", english, "de", "en"],
    ["the other way round", german, "en", "de"],
    ["in another script", japanese, "de", "ja"],
    ["in a language without spaces that is wanted", japanese, "ja", null],
    ["instead of one without spaces", english, "ja", "en"],
    ["after a beginning in the right language", [english, german].join("\n\n"), "en", "de"],
    ["in a list without paragraphs", `${"- Mehl und Wasser gut verrühren\n".repeat(5)}`, "en", "de"],
    ["when it quotes another one", [english, english, english, english, `> ${german}`].join("\n\n"), "en", null],
    [
      "when its terms are foreign",
      `${english} Pain au levain, Bauernbrot and pane di Altamura are kin.`,
      "en",
      null,
    ],
    [
      "when it is full of names",
      "Vincent van Gogh and Paul Gauguin met Émile Bernard in Pont-Aven; Theo van Gogh and Johanna Bonger wrote to Jo.",
      "en",
      null,
    ],
    ["when it is a heading", "Zeit und Kosten", "en", null],
    ["when it is short", "Feines Olivenöl aus der Provence und mehr.", "en", null],
    [
      "when it is Danish instead of Norwegian",
      "Et godt brød kræver tid og lidt tålmodighed, og det meste af arbejdet sker, mens ingen ser på.",
      "nb",
      null,
    ],
    ["in a language that is not known", german, "id", null],
    [
      "in a language with two scripts",
      "Dobar hleb traži vreme i malo strpljenja, a najveći deo posla se obavi dok niko ne gleda.",
      "sr",
      null,
    ],
    [
      "when it is code",
      "```js\nconst brot = mehl.concat(wasser).map((zutat) => zutat.wiegen()).filter(Boolean);\n```",
      "ja",
      null,
    ],
    ["when it is empty", "", "en", null],
  ])("%s", async (_, text, wanted, foreign) => {
    expect(await foreignLanguageOf(text, wanted)).toBe(foreign);
  });
});

describe("a title shows its language", () => {
  test.each<[string, string[], string]>([
    ["Die besten Laufschuhe für Anfänger", [], "de"],
    ["Kaffeemühle einstellen", ["Kaffee richtig mahlen", "Mahlgrad"], "de"],
    ["Les meilleures idées cadeaux pour la fête des mères", [], "fr"],
    ["Le migliori scarpe da corsa per principianti", [], "it"],
    ["コーヒー豆の選び方", [], "ja"],
    ["Как выбрать шоссейный велосипед", [], "ru"],
    // Few words are taken for anything: these are Albanian, Danish, French, Italian, Norwegian for the detector.
    ["Pellet grill", [], "en"],
    ["Crochet blanket", [], "en"],
    ["Croissant recipes", [], "en"],
    ["Piano lamp", [], "en"],
    ["Pearl earrings", [], "en"],
    ["Lederhosen for Oktoberfest", ["Lederhosen", "Dirndl", "Trachtenmode für Herren"], "en"],
    ["Tea", ["Smørrebrød", "Rødgrød med fløde"], "en"],
    ["Danish design", ["Hygge", "Kähler", "Arne Jacobsen"], "en"],
    ["Tee", [], "en"],
    ["c++ (", ["🎉"], "en"],
    ["x".repeat(200), [], "en"],
  ])("%p with %p: %s", async (title, keywords, language) => {
    expect(await languageOfTitle(title, keywords)).toBe(language);
  });
});

const input = { topic: { title: "Sourdough bread at home" }, targetWordCount: 600, language: "en" };

async function write(script: Script) {
  const bench = workbench(scripted(script));
  const written = Article.parse(await bench.run(article, input));
  return { written, keys: [...bench.kept.values()].map(({ key }) => key), bench };
}

/** German of the length that was asked for. */
const inGerman = ({ targetWords }: PromptData) => `${german} `.repeat(Math.round(targetWords / 15));

test("a part in another language is written once more", async () => {
  const { written, keys, bench } = await write({
    text: (data) => (data.heading === "Feeding the starter" && !data.problems ? inGerman(data) : usualText(data)),
  });
  expect(keys.filter((key) => key.endsWith(":repair"))).toEqual(["section:s1:repair"]);
  expect(
    bench.prompts.some(({ user }) => user.includes("It is written in German, and should be in English.")),
  ).toBe(true);
  expect(written.markdown).not.toContain("Brot");
  expect(written).toMatchObject({ claims: [], needsReview: false });
});

test("a part that stays in another language is told to the editor", async () => {
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
  const bench = workbench(
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
  const bench = workbench(scripted());
  const given = { topic: { title: "Sauerteigbrot backen für Anfänger", keywords: "Sauerteig, Brot backen" } };
  const { request } = Analyzed.parse(await bench.run(article, given, { through: "analyzing" }));
  expect(request.language).toBe("de");
  await bench.run(article, given);
  const languages = bench.prompts.map(({ user }) => /"language": "(\w+)"/.exec(user)?.[1]);
  expect(new Set(languages)).toEqual(new Set(["de"]));
});

test("a language that is named is never doubted", async () => {
  const bench = workbench(scripted());
  const given = { topic: { title: "Sauerteigbrot backen für Anfänger" }, language: "en" };
  const { request } = Analyzed.parse(await bench.run(article, given, { through: "analyzing" }));
  expect(request.language).toBe("en");
});

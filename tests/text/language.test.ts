import { describe, expect, test } from "@jest/globals";
import { foreignLanguageOf, languageOfTitle } from "../../jobs/text/language.ts";

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

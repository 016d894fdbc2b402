import { expect, test } from "@jest/globals";
import {
  clip,
  clipWords,
  countPhrase,
  countWords,
  distinct,
  plainLine,
  sentencesOf,
} from "../../jobs/text/words.ts";

test("words are counted as a reader counts them, in every script", () => {
  expect(countWords("It's a well-known fact: 3.5 is a number.", "en")).toBe(9);
  expect(countWords("Die Größe der Kaffeemühle", "de")).toBe(4);
  expect(countWords("コーヒー豆の選び方", "ja")).toBeGreaterThan(2);
  expect(countWords("🎉 … —", "en")).toBe(0);
});

test.each([
  ["a phrase counts as whole words, in any case", "Starter, STARTER and starters", "starter", "en", 2],
  [
    "a phrase of several words may not be torn apart",
    "sourdough bread, bread sourdough",
    "Sourdough Bread",
    "en",
    1,
  ],
  ["signs that make another word of it count", "C, C++ and c++ (new)", "c++ (", "en", 2],
  ["what would be a broken pattern is only text", "a ( b [ c", "(", "en", 0],
  ["an emoji is a keyword like any other", "party 🎉 and 🎉", "🎉", "en", 2],
  ["width and composition of characters do not matter", "Ｃａｆé", "cafe\u0301", "fr", 1],
  ["a script without spaces is searched as it is written", "美味しいコーヒー豆とコーヒー豆", "コーヒー豆", "ja", 2],
  ["nothing is nowhere", "text", " ", "en", 0],
])("%s", (_, text, phrase, language, count) => {
  expect(countPhrase(text, phrase, language)).toBe(count);
});

test("a text is clipped between words, and never in the middle of a character", () => {
  expect(clip("one two three", 20)).toBe("one two three");
  expect(clip("one two three", 10)).toBe("one two…");
  expect(clip("x".repeat(20), 10)).toBe(`${"x".repeat(9)}…`);
  expect(clip("🎉".repeat(10), 6).isWellFormed()).toBe(true);
  expect(clipWords("one, two three", 2, "en")).toBe("one, two ");
});

test("what a model puts into a line becomes one plain line", () => {
  expect(plainLine("## A <b>bold</b>\n\ttitle\u0000 <script>x", 100)).toBe("A bold title x");
  expect(plainLine("if a < b and b > c", 100)).toBe("if a < b and b > c");
  expect(plainLine("half \ud83d", 100).isWellFormed()).toBe(true);
  expect(plainLine("see https://evil.example/x or www.evil.example", 100)).toBe(
    "see evil.example/x or evil.example",
  );
});

test("sentences and distinct texts", () => {
  expect(sentencesOf("First one. Second one!\nThird", "en")).toEqual(["First one.", "Second one!", "Third"]);
  expect(distinct(["Tea", "tea", "", "Ｔｅａ", "Coffee"])).toEqual(["Tea", "Coffee"]);
});

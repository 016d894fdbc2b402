import { clipWords, countPhrase, countWords } from "../../text/words.ts";
import { atMost, type Check, hasFocus, notApplicable, passIf, rounded } from "./finding.ts";
import { fleschOf, longSentencesOf } from "./readability.ts";

/** Which words the text uses, how many, and how easily they are read. */
export const wordingChecks: readonly Check[] = [
  {
    id: "focus_in_first_100_words",
    weight: 6,
    expected: "at least 1",
    hint: "Say early what the article is about, with the focus keyword.",
    find: (article) => hasFocus(clipWords(article.text, 100, article.language), article),
  },
  {
    id: "focus_density",
    weight: 8,
    expected: "0.5 to 2.5 % of the words",
    hint: "Use the focus keyword where it reads naturally, neither hiding nor stuffing it.",
    find({ text, focusKeyword, language, words }) {
      const percent = (100 * countPhrase(text, focusKeyword, language)) / Math.max(1, words);
      return percent < 0.5 ? { share: 0, value: rounded(percent) } : atMost(percent, 2.5, 3);
    },
  },
  {
    id: "secondary_keywords_used",
    weight: 8,
    expected: "all",
    hint: "Use each of the related keywords at least once.",
    find({ text, secondaryKeywords, language }) {
      if (secondaryKeywords.length === 0) return notApplicable;
      const missing = secondaryKeywords.filter((keyword) => countPhrase(text, keyword, language) === 0);
      const value = missing.length === 0 ? "all" : `missing: ${missing.join(", ")}`;
      return { share: 1 - missing.length / secondaryKeywords.length, value };
    },
  },
  {
    id: "word_count",
    weight: 8,
    expected: "within 10 % of what was asked for",
    hint: "Bring the article to its length.",
    find: ({ words, targetWords }) => ({ ...atMost(Math.abs(words / targetWords - 1), 0.1, 0.2), value: words }),
  },
  {
    id: "flesch",
    weight: 6,
    expected: "at least 60",
    hint: "Use shorter sentences and shorter words.",
    find(article) {
      if (!article.language.startsWith("en")) return notApplicable;
      const ease = fleschOf(article);
      return { ...atMost(-ease, -60, -50), value: rounded(ease) };
    },
  },
  {
    id: "long_sentences",
    weight: 3,
    expected: "at most 25 % of the sentences over 25 words",
    hint: "Divide long sentences.",
    find(article) {
      const percent = 100 * longSentencesOf(article);
      return passIf(percent <= 25, rounded(percent));
    },
  },
  {
    id: "long_paragraphs",
    weight: 3,
    expected: "0 over 150 words",
    hint: "Divide long paragraphs.",
    find({ blocks, language }) {
      const paragraphs = blocks.filter(({ kind }) => kind === "paragraph");
      const long = paragraphs.filter(({ text }) => countWords(text, language) > 150).length;
      return passIf(long === 0, long);
    },
  },
];

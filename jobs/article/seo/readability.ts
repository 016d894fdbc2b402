import { countWords, sentencesOf, splitWords } from "../../text/words.ts";
import type { Measured } from "./finding.ts";

/** Flesch reading ease of English running text: 60 is plain English, 100 very easy. Syllables are estimated. */
export function fleschOf(article: Measured): number {
  const sentences = runningSentences(article);
  const words = sentences.flatMap((sentence) => splitWords(sentence, article.language));
  if (words.length === 0) return 0;
  const syllables = words.reduce((sum, word) => sum + syllablesOf(word), 0);
  return 206.835 - 1.015 * (words.length / sentences.length) - 84.6 * (syllables / words.length);
}

/** The share of sentences with over 25 words, from 0 to 1. */
export function longSentencesOf(article: Measured): number {
  const sentences = runningSentences(article);
  const long = sentences.filter((sentence) => countWords(sentence, article.language) > 25);
  return long.length / Math.max(1, sentences.length);
}

const runningSentences = ({ blocks, language }: Measured): string[] =>
  blocks.filter(({ kind }) => kind === "paragraph").flatMap(({ text }) => sentencesOf(text, language));

/** Counts groups of vowels, without silent endings. Right for about nine words in ten. */
function syllablesOf(word: string): number {
  const silent = word.toLowerCase().replace(/(?:[^laeiouy]es|[^tdaeiouy]ed|[^laeiouy]e)$/, "");
  return Math.max(1, silent.match(/[aeiouy]+/g)?.length ?? 0);
}

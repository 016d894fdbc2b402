import { foreignLanguageOf, nameOf } from "../../text/language.ts";
import { parseMarkdown, plainText, wordsOf } from "../../text/markdown.ts";
import { countPhrase } from "../../text/words.ts";
import type { ArticleRequest } from "../request.ts";
import type { Part } from "./part.ts";

const fewest = 0.8;
const most = 1.25;

/** What makes a text worth writing once more: faults, and a length that is far off. */
export async function problemsOf(text: string, request: ArticleRequest, part: Part): Promise<string[]> {
  const words = wordsOf(text, request.language);
  const problems = await faultsOf(text, request);
  if (words < part.targetWords * fewest || words > part.targetWords * most) {
    problems.push(`It has ${words} words, and should have ${part.targetWords}.`);
  }
  return problems;
}

/** What no length makes up for: another language, words that the brand never uses. */
export async function faultsOf(text: string, request: ArticleRequest): Promise<string[]> {
  const { language } = request;
  const foreign = await foreignLanguageOf(text, language);
  return [
    ...(foreign ? [`It is written in ${nameOf(foreign)}, and should be in ${nameOf(language)}.`] : []),
    ...bannedWords(text, request).map((word) => `It uses "${word}", which the brand never does.`),
  ];
}

/** How far a text is from what it should be: the wrong language is worse than any word, a word than any length. */
export async function missOf(text: string, request: ArticleRequest, { targetWords }: Part): Promise<number> {
  const ratio = wordsOf(text, request.language) / Math.max(1, targetWords);
  const foreign = (await foreignLanguageOf(text, request.language)) === null ? 0 : 1_000;
  return Math.abs(Math.log(ratio)) + 10 * bannedWords(text, request).length + foreign;
}

/** Words of the brand's list that a text uses all the same. */
export function bannedWords(text: string, { brand, language }: ArticleRequest): string[] {
  const plain = plainText(parseMarkdown(text));
  return (brand?.banned ?? []).filter((word) => countPhrase(plain, word, language) > 0);
}

import { foreignLanguageOf, nameOf } from "../../text/language.ts";
import { parseMarkdown, plainText, wordsOf } from "../../text/markdown.ts";
import { countPhrase } from "../../text/words.ts";
import type { ArticleRequest } from "../request.ts";
import type { Part } from "./part.ts";

const shortest = 0.8;
const longest = 1.25;

/** Why a text should be written once more: its faults, and a length under 80 % or over 125 % of the target. */
export async function problemsOf(text: string, request: ArticleRequest, part: Part): Promise<string[]> {
  const words = wordsOf(text, request.language);
  const problems = await faultsOf(text, request);
  if (words < part.targetWords * shortest || words > part.targetWords * longest) {
    problems.push(`It has ${words} words, and should have ${part.targetWords}.`);
  }
  return problems;
}

/** What is wrong with a text apart from its length: another language, words that the brand never uses. */
export async function faultsOf(text: string, request: ArticleRequest): Promise<string[]> {
  const { language } = request;
  const foreign = await foreignLanguageOf(text, language);
  return [
    ...(foreign ? [`It is written in ${nameOf(foreign)}, and should be in ${nameOf(language)}.`] : []),
    ...bannedWords(text, request).map((word) => `It uses "${word}", which the brand never does.`),
  ];
}

/** How bad a text is, to compare two: the wrong language outweighs banned words, a banned word outweighs any length. */
export async function missOf(text: string, request: ArticleRequest, { targetWords }: Part): Promise<number> {
  const ratio = wordsOf(text, request.language) / Math.max(1, targetWords);
  const foreign = (await foreignLanguageOf(text, request.language)) === null ? 0 : 1_000;
  return Math.abs(Math.log(ratio)) + 10 * bannedWords(text, request).length + foreign;
}

/** The words of the brand's banned list that a text uses. */
export function bannedWords(text: string, { brand, language }: ArticleRequest): string[] {
  const plain = plainText(parseMarkdown(text));
  return (brand?.banned ?? []).filter((word) => countPhrase(plain, word, language) > 0);
}

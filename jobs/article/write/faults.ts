import { bannedWords, faultsOf } from "../../text/faults.ts";
import { foreignLanguageOf } from "../../text/language.ts";
import { wordsOf } from "../../text/markdown.ts";
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

/** How bad a text is, to compare two: the wrong language outweighs banned words, a banned word outweighs any length. */
export async function missOf(text: string, request: ArticleRequest, { targetWords }: Part): Promise<number> {
  const ratio = wordsOf(text, request.language) / Math.max(1, targetWords);
  const foreign = (await foreignLanguageOf(text, request.language)) === null ? 0 : 1_000;
  return Math.abs(Math.log(ratio)) + 10 * bannedWords(text, request).length + foreign;
}

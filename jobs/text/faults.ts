import type { z } from "zod";
import type { Brand } from "./fields.ts";
import { foreignLanguageOf, nameOf } from "./language.ts";
import { parseMarkdown, plainText } from "./markdown.ts";
import { countPhrase } from "./words.ts";

/** What any text of a job must keep to. */
export type Rules = { language: string; brand?: z.output<typeof Brand> | undefined };

/** What is wrong with a text apart from its length: another language, words that the brand never uses. */
export async function faultsOf(text: string, rules: Rules): Promise<string[]> {
  const { language } = rules;
  const foreign = await foreignLanguageOf(text, language);
  return [
    ...(foreign ? [`It is written in ${nameOf(foreign)}, and should be in ${nameOf(language)}.`] : []),
    ...bannedWords(text, rules).map((word) => `It uses "${word}", which the brand never does.`),
  ];
}

/** The words of the brand's banned list that a text uses. */
export function bannedWords(text: string, { brand, language }: Rules): string[] {
  const plain = plainText(parseMarkdown(text));
  return (brand?.banned ?? []).filter((word) => countPhrase(plain, word, language) > 0);
}

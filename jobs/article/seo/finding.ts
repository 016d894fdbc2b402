import type { Root } from "mdast";
import type { Block } from "../../text/markdown.ts";
import { countPhrase } from "../../text/words.ts";

/** What is scored: the article as it will be kept, and what was asked for. */
export type Scored = {
  /** Without the title. */
  markdown: string;
  /** The title that search results show. */
  metaTitle: string;
  metaDescription: string;
  handle: string;
  focusKeyword: string;
  secondaryKeywords: string[];
  targetWords: number;
  language: string;
  /** The addresses that the article may link to. */
  offeredLinks: string[];
};

/** The same, parsed and counted once for all checks. */
export type Measured = Scored & { root: Root; blocks: Block[]; text: string; words: number };

/** `share` of the weight that is earned, from 0 to 1; null where the check does not apply. */
export type Finding = { share: number | null; value: string | number | null };

export type Check = {
  id: string;
  weight: number;
  expected: string;
  /** What to do about it. */
  hint: string;
  find(article: Measured): Finding;
};

export const notApplicable: Finding = { share: null, value: null };

export const passIf = (passes: boolean, value: Finding["value"]): Finding => ({ share: passes ? 1 : 0, value });

/** Full weight if `value` is at most `full`, half of it up to `half`, else none. */
export const atMost = (value: number, full: number, half: number): Finding => ({
  share: value <= full ? 1 : value <= half ? 0.5 : 0,
  value: rounded(value),
});

/** Passes if the focus keyword is in a text. The value is how often. */
export function hasFocus(text: string, { focusKeyword, language }: Measured): Finding {
  const count = countPhrase(text, focusKeyword, language);
  return passIf(count > 0, count);
}

export const rounded = (value: number): number => Math.round(value * 100) / 100;

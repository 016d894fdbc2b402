/** The languages that the demo model writes. */
export type Language = "en" | "de" | "ja";

const segmenters = {
  en: new Intl.Segmenter("en", { granularity: "word" }),
  de: new Intl.Segmenter("de", { granularity: "word" }),
  ja: new Intl.Segmenter("ja", { granularity: "word" }),
} satisfies Record<Language, Intl.Segmenter>;

/** How many words a reader counts, also in a language that writes no spaces. */
export function countWords(text: string, language: Language): number {
  let words = 0;
  for (const { isWordLike } of segmenters[language].segment(text)) if (isWordLike) words += 1;
  return words;
}

/** How often a phrase occurs, compared without case. */
export function countPhrase(text: string, phrase: string): number {
  return phrase === "" ? 0 : text.toLowerCase().split(phrase.toLowerCase()).length - 1;
}

/**
 * A text of the request, made safe to repeat in a line of Markdown: no markup, links, addresses or line breaks, at
 * most `maxWords` words. May be empty.
 */
export function plain(text: string, maxWords = 14): string {
  return text
    .slice(0, 1_000)
    .replace(/<[^<>]*>/g, " ")
    .replace(/&#?\w{1,10};/g, " ")
    .replace(/[\p{C}\p{Z}]+/gu, " ")
    .replace(/[<>[\]{}|*_~`\\^]|(?<!\p{L})#/gu, "")
    .split(" ")
    .filter((word) => word !== "" && !word.includes("://") && !word.includes("@") && !/^www\./i.test(word))
    .slice(0, maxWords)
    .map((word) => clip(word, 60))
    .join(" ")
    .replace(/^[^\p{L}\p{N}]+/u, "");
}

/** The same for the middle of a sentence: without punctuation at its end. */
export function phrase(text: string, maxWords?: number): string {
  return plain(text, maxWords).replace(/[\s.,:;!?、。！？…-]{1,50}$/u, "");
}

/** Cuts at a word boundary where there is one, so that at most `max` UTF-16 units remain. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  const cut = text.slice(0, max + 1);
  const space = cut.lastIndexOf(" ");
  // Half of a surrogate pair would reach the client as a replacement character.
  const kept = space > max / 2 ? cut.slice(0, space) : text.slice(0, max).replace(/[\uD800-\uDBFF]$/, "");
  return kept.replace(/[\s,:;、]{1,50}$/, "");
}

export function capitalised(text: string): string {
  const [first = ""] = text;
  return first.toUpperCase() + text.slice(first.length);
}

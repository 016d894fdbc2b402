const segmenters = new Map<string, Intl.Segmenter>();

/** How many words a reader counts, also where a language writes no spaces. */
export const countWords = (text: string, language: string): number => splitWords(text, language).length;

/** The words of a text, as they are written. */
export function splitWords(text: string, language: string): string[] {
  return [...segmenter(language, "word").segment(text)]
    .filter(({ isWordLike }) => isWordLike)
    .map(({ segment }) => segment);
}

/** A text up to its `max`-th word. */
export function clipWords(text: string, max: number, language: string): string {
  let words = 0;
  for (const { isWordLike, index } of segmenter(language, "word").segment(text)) {
    if (isWordLike) words += 1;
    if (words > max) return text.slice(0, index);
  }
  return text;
}

/** The sentences of a text without markup, none of them empty. */
export function sentencesOf(text: string, language: string): string[] {
  const sentences = [...segmenter(language, "sentence").segment(text)].map(({ segment }) => segment.trim());
  return sentences.filter((sentence) => sentence !== "");
}

/** How often a phrase occurs in a text, as whole words. Case, width and the encoding of accents make no difference. */
export function countPhrase(text: string, phrase: string, language: string): number {
  const folded = fold(phrase).trim();
  if (folded === "") return 0;
  // The segmenter cuts Japanese or Thai characters into other words in another sentence, so characters are compared.
  if (unspaced.test(folded)) return fold(text).split(folded).length - 1;
  const sought = tokensOf(folded, language);
  const tokens = tokensOf(fold(text), language);
  if (sought.length === 0) return 0;
  let count = 0;
  for (let at = 0; at + sought.length <= tokens.length; at += 1) {
    if (sought.some((token, offset) => tokens[at + offset] !== token)) continue;
    count += 1;
    at += sought.length - 1;
  }
  return count;
}

/** The different words of a text, in lower case. */
export function vocabularyOf(text: string, language: string): Set<string> {
  return new Set(tokensOf(fold(text), language));
}

/** At most `max` characters, cut between words where there are any; what was cut ends with an ellipsis. */
export function clip(text: string, max: number, ellipsis = "…"): string {
  if (text.length <= max) return text;
  const room = max - ellipsis.length;
  const cut = text.slice(0, room + 1);
  const space = cut.lastIndexOf(" ");
  const kept = space > room / 2 ? cut.slice(0, space) : text.slice(0, room);
  // PostgreSQL cannot store half of a surrogate pair.
  return kept.replace(/[\uD800-\uDBFF]$/, "").replace(/[\s\p{P}]+$/u, "") + ellipsis;
}

/** One line of plain text: what a model may put into a title, heading or keyword. No markup, and no link. */
export function plainLine(text: string, max: number, ellipsis = "…"): string {
  const line = text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Z}]+/gu, " ")
    .replace(/<\/?[a-z][^<>]*>/gi, "")
    .trim();
  return clip(withoutAddresses(line.replace(/^#{1,6} /, "").replace(/\s{2,}/g, " ")), max, ellipsis);
}

/** Drops `https://` and `www.`: some Markdown readers turn every bare address into a link, even an escaped one. */
export const withoutAddresses = (text: string): string =>
  text.replace(/\b(?:[a-z][a-z0-9+.-]{0,30}:\/\/|www\.)+/gi, "");

/** The texts without empty ones and duplicates. Of texts that differ in case alone, the first stays. */
export function distinct(texts: readonly string[]): string[] {
  const seen = new Set<string>();
  return texts.filter((text) => text !== "" && !seen.has(fold(text)) && seen.add(fold(text)));
}

const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;
// Such symbols are kept, since "C++" and "C#" are other words than "C".
const meaningfulSymbol = /^[\p{S}#&@%]/u;

function tokensOf(folded: string, language: string): string[] {
  return [...segmenter(language, "word").segment(folded)]
    .filter(({ segment, isWordLike }) => isWordLike || meaningfulSymbol.test(segment))
    .map(({ segment }) => segment);
}

const fold = (text: string): string => text.normalize("NFKC").toLowerCase();

function segmenter(language: string, granularity: "word" | "sentence"): Intl.Segmenter {
  const [base = "en"] = language.split("-");
  const key = `${base} ${granularity}`;
  const known = segmenters.get(key) ?? new Intl.Segmenter(base, { granularity });
  segmenters.set(key, known);
  return known;
}

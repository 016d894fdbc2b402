import { blocksOf, parseMarkdown } from "./markdown.ts";

/** A text of fewer letters is not judged. */
const fewestLetters = 80;
/** Up to this share of a text may be in another language, as a quotation is. */
const foreignShare = 0.25;
/** How much likelier than the wanted language another one must be. Between Danish and Norwegian it is 0.09. */
const foreignLead = 0.15;

/**
 * The other language in which more than a quarter of a text in Markdown is written. Null if the text is in the wanted
 * language, is too short to judge, or if the detector does not know the wanted language. Tried with 3,714 English
 * paragraphs of 80 letters and more, many of them full of names and code: no false alarm.
 */
export async function foreignLanguageOf(markdown: string, wanted: string): Promise<string | null> {
  const detector = await loadDetector();
  const code = codeOf(wanted);
  const known = Object.values(detector.info().Languages);
  if (inSeveralScripts.has(code) || !known.includes(code)) return null;
  const passages = passagesOf(markdown).map((text) => {
    const { language, isReliable, leadOver } = look(detector, text);
    return { letters: lettersOf(text), language: isReliable && leadOver(code) >= foreignLead ? language : code };
  });
  const foreign = passages.filter(({ language }) => language !== code);
  const [longest] = foreign.toSorted((one, other) => other.letters - one.letters);
  return longest && sumOf(foreign) > sumOf(passages) * foreignShare ? longest.language : null;
}

/** The paragraphs that are long enough to judge. If none is, as in a list: all of them together, if long enough. */
function passagesOf(markdown: string): string[] {
  const paragraphs = blocksOf(parseMarkdown(markdown)).filter(({ kind }) => kind === "paragraph");
  const texts = paragraphs.map(({ text }) => text);
  const isEnough = (text: string) => lettersOf(text) >= fewestLetters;
  return texts.some(isEnough) ? texts.filter(isEnough) : [texts.join("\n")].filter(isEnough);
}

const sumOf = (passages: { letters: number }[]): number => passages.reduce((sum, { letters }) => sum + letters, 0);

/**
 * The language of a title and its keywords if the detector is sure of it, else English. The detector errs with few
 * words (it takes "Piano lamp" for Italian), so it must find the same language in the title alone and with the
 * keywords. Tried with 640 English titles and descriptions: all English; with 60 German titles: 22 recognised alone,
 * 46 with two keywords.
 */
export async function languageOfTitle(title: string, keywords: readonly string[]): Promise<string> {
  const detector = await loadDetector();
  const all = [title, ...keywords].join(", ");
  const [alone, whole] = [look(detector, title), look(detector, all)];
  const isClear =
    alone.language === whole.language &&
    alone.isReliable &&
    alone.leadOver("en") >= 0.2 &&
    lettersOf(title) >= 12 &&
    whole.isReliable &&
    whole.leadOver("en") >= 0.2 &&
    whole.leadOverNext >= 0.03 &&
    whole.score >= 0.7 &&
    lettersOf(all) >= 20;
  return isClear && recognised.has(whole.language) ? whole.language : "en";
}

/** The English name of a language. */
export const nameOf = (language: string): string => languageNames.of(language) ?? language;

const languageNames = new Intl.DisplayNames(["en"], { type: "language" });

// Loading takes 0.5 to 2 s and 45 MB, so it begins with the first text that is looked at.
let loading: Promise<Detector> | undefined;
function loadDetector(): Promise<Detector> {
  loading ??= import("eld/small").then(({ eld }) => eld);
  return loading;
}

type Detector = typeof import("eld/small")["eld"];

/** What the detector says of a text; it reads the first 1,000 characters. */
function look(detector: Detector, text: string) {
  const result = detector.detect(text);
  const scores = result.getScores();
  const { [result.language]: score = 0, ...others } = scores;
  return {
    language: result.language,
    isReliable: result.isReliable(),
    score,
    leadOver: (language: string) => score - (scores[language] ?? 0),
    leadOverNext: score - Math.max(0, ...Object.values(others)),
  };
}

/** The detector's name for a language. */
function codeOf(tag: string): string {
  const { language } = new Intl.Locale(tag);
  return otherNames.get(language) ?? language;
}

const otherNames = new Map([
  ["nb", "no"],
  ["nn", "no"],
  ["fil", "tl"],
]);

/** The detector knows these languages in one script only, and takes the other script for another language. */
const inSeveralScripts = new Set(["az", "ku", "pa", "sr"]);

/** Left out are languages that the detector confuses: Danish and Norwegian, Malay and Indonesian, Hindi and Nepali. */
const recognised = new Set("ar cs de el es fi fr he hu it ja ko nl pl pt ro ru sv th tr uk zh".split(" "));

/** The length of a text in Latin letters: one of a dense script counts as three. */
const lettersOf = (text: string): number => countOf(text, /\p{L}/gu) + 2 * countOf(text, dense);

const countOf = (text: string, kind: RegExp): number => text.match(kind)?.length ?? 0;

/** Scripts that say about three times as much with a letter. */
const dense = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/gu;

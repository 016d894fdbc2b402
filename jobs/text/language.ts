import { blocksOf, parseMarkdown } from "./markdown.ts";

/** Says nothing of less. */
const fewestLetters = 80;
/** A quotation may be in another language. */
const foreignShare = 0.25;
/** How much likelier than the wanted language another one must be. Between Danish and Norwegian it is 0.09. */
const foreignLead = 0.15;

/**
 * The other language in which more than a quarter of a text in Markdown is written. Null where it is as wanted, too
 * short to say, or wanted in a language that cannot be told. No false alarm in 3,714 English paragraphs of 80 letters
 * and more, many of them full of names and code.
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

/** The paragraphs that are long enough; without any, as in a list, all of them together, if that is. */
function passagesOf(markdown: string): string[] {
  const paragraphs = blocksOf(parseMarkdown(markdown)).filter(({ kind }) => kind === "paragraph");
  const texts = paragraphs.map(({ text }) => text);
  const isEnough = (text: string) => lettersOf(text) >= fewestLetters;
  return texts.some(isEnough) ? texts.filter(isEnough) : [texts.join("\n")].filter(isEnough);
}

const sumOf = (passages: { letters: number }[]): number => passages.reduce((sum, { letters }) => sum + letters, 0);

/**
 * The language in which a title and its keywords are put, if they leave no doubt, else English. A few words can be
 * taken for anything ("Piano lamp" is Italian), so the title must be clear, and it must be clearer with the keywords.
 * Of 640 English titles and descriptions none was taken for another language; of 60 German titles 22 were recognised
 * alone and 46 with two keywords.
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

/** How an English reader calls a language. */
export const nameOf = (language: string): string => languageNames.of(language) ?? language;

const languageNames = new Intl.DisplayNames(["en"], { type: "language" });

// Loading takes from half a second to two and 45 MB, so it waits until a text is there to look at.
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

/** The detector knows one of the scripts alone, and takes the other for another language. */
const inSeveralScripts = new Set(["az", "ku", "pa", "sr"]);

/** Left out are languages that are taken for a relative: Danish and Norwegian, Malay and Indonesian, Hindi and Nepali. */
const recognised = new Set("ar cs de el es fi fr he hu it ja ko nl pl pt ro ru sv th tr uk zh".split(" "));

/** How much text there is, in letters of the Latin script. */
const lettersOf = (text: string): number => countOf(text, /\p{L}/gu) + 2 * countOf(text, dense);

const countOf = (text: string, kind: RegExp): number => text.match(kind)?.length ?? 0;

/** Scripts that say about three times as much with a letter. */
const dense = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/gu;

import { isRecord, type JsonRecord } from "../json.ts";
import { type Language, phrase } from "../text.ts";
import { jsonObjects } from "./data-block.ts";
import { nameless, subjectOf, topicOfLine } from "./subject.ts";

/** What is to be written, as far as the user's text says. */
export type Assignment = {
  language: Language;
  title: string;
  /** The topic in few words, as it goes into a sentence. */
  subject: string;
  heading: string | null;
  /** Null when no keyword was given. Otherwise it equals `subject`. */
  focusKeyword: string | null;
  /** The other keywords. */
  keywords: string[];
  keyPoints: string[];
  /** Where the text may link to. */
  links: { title: string; url: string }[];
  targetWords: number | null;
  /** A value of the data block by its name, of any type. */
  given(name: string): unknown;
};

/** Parts of a data block in which the task may be described further, the closest to it first. */
const parts = ["section", "part", "task", "topic", "brief", "outline", "input"];

/**
 * Reads the last JSON object in the user's text, or else its first line and a phrase like "800 words".
 * A value of another type than expected is ignored: the demo model writes something for every request.
 */
export function readAssignment(user: string): Assignment {
  const sources = jsonObjects(user)
    .reverse()
    .flatMap((block) => [block, ...parts.map((part) => block[part]).filter(isRecord)]);
  const given = (name: string) =>
    sources.find((source) => Object.hasOwn(source, name) && source[name] != null)?.[name];

  const language = languageOf(given("language"));
  const keywords = keywordsOf(given("keywords"));
  const focus = firstText(given("focusKeyword")) ?? keywords[0] ?? null;
  const title = titleOf(sources) ?? (sources.length === 0 ? topicOfLine(user) : "");
  const heading = firstText(given("heading"));
  return {
    language,
    title: title || focus || heading || nameless[language],
    subject: (focus ?? subjectOf(title || heading || "", language)) || nameless[language],
    heading,
    focusKeyword: focus,
    keywords: keywords.filter((keyword) => keyword !== focus),
    keyPoints: texts(given("keyPoints"), (text) => phrase(text, 18)),
    links: linksOf(given("links")),
    targetWords:
      wordsOf(given("targetWords") ?? given("targetWordCount")) ?? (sources.length === 0 ? phrased(user) : null),
    given,
  };
}

/** The strings of a list after `clean`, without empty ones and duplicates. */
export function texts(value: unknown, clean: (text: string) => string): string[] {
  if (!Array.isArray(value)) return [];
  const cleaned = value.slice(0, 100).map((item) => (typeof item === "string" ? clean(item) : ""));
  return [...new Set(cleaned)].filter((item) => item !== "");
}

/** A list, or one string with commas. */
function keywordsOf(value: unknown): string[] {
  return texts(typeof value === "string" ? value.split(",", 100) : value, (text) => phrase(text));
}

function firstText(value: unknown): string | null {
  return texts([value], (text) => phrase(text))[0] ?? null;
}

function linksOf(value: unknown): Assignment["links"] {
  const links = Array.isArray(value) ? value.filter(isRecord).slice(0, 2) : [];
  return links.flatMap(({ title, url }) => {
    const words = firstText(title);
    const isSafe = typeof url === "string" && /^https:\/\/[\w.~%?&=+:/,;@!-]{1,500}$/.test(url);
    return words && isSafe ? [{ title: words, url }] : [];
  });
}

function titleOf(sources: JsonRecord[]): string | undefined {
  return sources
    .flatMap((source) => [source.title, source.topic])
    .map(firstText)
    .find((title) => title !== null);
}

function languageOf(value: unknown): Language {
  const name = typeof value === "string" ? value.trim().toLowerCase() : "";
  if (/^(de\b|german|deutsch)/.test(name)) return "de";
  return /^(ja\b|jp\b|japanese|日本語)/.test(name) ? "ja" : "en";
}

function wordsOf(value: unknown): number | null {
  const words = Math.round(Number(value));
  return value != null && Number.isFinite(words) && words > 0 ? Math.min(words, 10_000) : null;
}

function phrased(user: string): number | null {
  return wordsOf(/(\d{1,5})[ -]{1,2}words?\b/i.exec(user)?.[1]);
}

import type { Assignment } from "../assignment/assignment.ts";
import { deck, type Random } from "../random.ts";
import { capitalised, countPhrase, countWords } from "../text.ts";
import { phrases } from "./phrases/by-language.ts";
import type { Kind } from "./phrases/phrases.ts";

export type Sentence = { text: string; words: number; mentions: number };

/** Usually enough to find an unused sentence, and an end to the search in a language that has few. */
const maxTries = 12;

/** Sentences about an assignment. One that was used before comes again only if twelve tries find no other. */
export function sentencesAbout(assignment: Assignment, random: Random): (kind: Kind) => Sentence {
  const { slots, ...lists } = phrases[assignment.language];
  const templates = mapValues(lists, (list) => deck(list, random));
  const { keywords, keyPoints, heading, links, subject, language } = assignment;
  const fillers: Record<string, () => string> = {
    ...mapValues(slots, (list) => deck(list, random)),
    s: () => subject,
    h: () => heading ?? subject,
    p: inTurn(keyPoints),
    l: inTurn(links.map(({ title, url }) => `[${title}](${url})`)),
    k: inTurn(keywords),
  };
  const used = new Set<string>();

  function render(kind: Kind): Sentence {
    // Only slots of the templates are replaced: braces in what a user wrote stay as they are.
    const filled = templates[kind]().replace(/\{(\w+)\}/g, (_, slot: string) => fillers[slot]?.() ?? "");
    const text = language === "ja" ? filled : capitalised(filled);
    return { text, words: countWords(withoutAddresses(text), language), mentions: countPhrase(text, subject) };
  }

  return (kind) => {
    let sentence = render(kind);
    for (let tries = 1; used.has(sentence.text) && tries < maxTries; tries += 1) sentence = render(kind);
    used.add(sentence.text);
    return sentence;
  };
}

/** Without the addresses of links, which a reader does not see and which are not counted. */
function withoutAddresses(text: string): string {
  return text.replace(/\]\(\S{1,600}\)/g, "]");
}

function inTurn(list: readonly string[]): () => string {
  let dealt = 0;
  return () => list[dealt++ % list.length] ?? "";
}

function mapValues<Key extends string, From, To>(
  from: Readonly<Record<Key, From>>,
  map: (value: From) => To,
): Record<Key, To> {
  const entries = Object.entries<From>(from).map(([key, value]) => [key, map(value)]);
  return Object.fromEntries(entries);
}

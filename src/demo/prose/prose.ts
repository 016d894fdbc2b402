import type { Assignment } from "../assignment/assignment.ts";
import { between, type Random } from "../random.ts";
import { countWords } from "../text.ts";
import { lastSentences } from "./last-sentences.ts";
import { Page } from "./page.ts";
import type { Kind } from "./phrases/phrases.ts";
import { sentencesAbout } from "./sentences.ts";

/** For this many words at the end, sentences are chosen by their length. Two sentences always fit into them. */
const ending = 28;

/** Shorter texts have no lists. */
const wordsWithList = 250;

/**
 * Markdown about an assignment: paragraphs and, in longer texts, a short list; no headings.
 * It has `words` words, give or take one or two.
 */
export function writeProse(assignment: Assignment, words: number, random: Random): string {
  const page = new Page(assignment.language === "ja" ? "" : " ", random);
  const next = sentencesAbout(assignment, random);
  const nextKind = planner(assignment, page, words);
  const left = () => words - page.words;

  const openings = Array.from({ length: 6 }, () => next("opening"));
  const opening = openings.find((sentence) => sentence.words <= left());
  if (opening) page.add(opening);
  while (left() > ending) {
    page.add(next(nextKind()));
    if (words >= wordsWithList && left() > 4 * ending && page.wantsList()) {
      page.addList(
        next("listIntro"),
        Array.from({ length: between(3, 4, random) }, () => next("listItem")),
      );
    }
  }
  const candidates = Array.from({ length: 80 }, () => next(random() < 0.7 ? "detail" : "result"));
  for (const sentence of lastSentences(left(), opening ? candidates : [...candidates, ...openings]))
    page.add(sentence);
  return page.toString();
}

function planner(assignment: Assignment, page: Page, words: number): () => Kind {
  const mention = mentionEvery(assignment);
  const items = itemsOf(assignment, words);
  const gap = (words - 2 * ending) / items.length;
  let used = 0;
  return () => {
    if (page.mentions * mention <= page.words) return "about";
    const item = items[used];
    if (item && page.words >= used * gap) {
      used += 1;
      return item;
    }
    return page.place === "last" ? "result" : "detail";
  };
}

/** The given keywords, points and links in turns. They repeat in longer texts, and never fill every sentence. */
function itemsOf({ keywords, keyPoints, heading, links }: Assignment, words: number): Kind[] {
  const rounds = Math.ceil(words / 400);
  const counts: [Kind, number][] = [
    ["heading", heading === null || keyPoints.length > 0 ? 0 : 1],
    ["point", keyPoints.length * rounds],
    ["keyword", keywords.length * rounds],
    ["link", links.length],
  ];
  const most = Math.max(...counts.map(([, count]) => count));
  const inTurns = Array.from({ length: most }, (_, at) => counts.filter(([, count]) => at < count));
  return inTurns
    .flat()
    .map(([kind]) => kind)
    .slice(0, Math.floor(words / 25));
}

/** After how many words the subject comes up again: a given keyword, however long, makes up 0.5 to 2 % of the text. */
function mentionEvery({ focusKeyword, language }: Assignment): number {
  if (!focusKeyword) return 70;
  return Math.min(190, Math.max(110, 65 * countWords(focusKeyword, language)));
}

import { distinct, plainLine, vocabularyOf } from "../../text/words.ts";
import type { ArticleRequest } from "../request.ts";
import type { Brief } from "./brief.ts";
import type { Section } from "./outline.ts";

const maxQuestions = 6;

/**
 * Gives every question, point, keyword, product and link of the brief a section: the one in which the model has put
 * it, else the one that shares most words with it. Keywords and products that the model has invented are dropped, its
 * own questions are kept.
 */
export function assign(sections: Section[], request: ArticleRequest, brief: Brief): void {
  const { language, products, internalLinks } = request;
  const used = products.filter(({ id }) => brief.productUse.some(({ productId }) => productId === id));
  for (const section of sections) {
    section.questions = distinct(section.questions.map((text) => plainLine(text, 200))).slice(0, maxQuestions);
    section.keywords = namedAmong(section.keywords, [brief.focusKeyword, ...brief.secondaryKeywords]);
    section.productIds = used.map(({ id }) => id).filter((id) => section.productIds.includes(id));
  }

  /** Adds an item to the section that shares most words with `text`; what a section holds counts against it. */
  function place<Item>(item: Item, text: string, held: (section: Section) => Item[]): void {
    const sought = vocabularyOf(text, language);
    const closeness = (section: Section) => sharedWith(section, sought, language) - held(section).length / 2;
    const [closest] = sections.toSorted((one, other) => closeness(other) - closeness(one));
    if (closest) held(closest).push(item);
  }

  for (const question of brief.questions) {
    const isAsked = sections.some(({ questions }) => namedAmong(questions, [question]).length > 0);
    if (!isAsked) place(question, question, ({ questions }) => questions);
  }
  for (const point of brief.mustCover) {
    const sought = vocabularyOf(point, language);
    const isCovered = sections.some((section) => sharedWith(section, sought, language) >= sought.size * 0.7);
    if (!isCovered) place(point, point, ({ keyPoints }) => keyPoints);
  }
  for (const keyword of brief.secondaryKeywords) {
    const isUsed = sections.some(({ keywords }) => keywords.includes(keyword));
    if (!isUsed) place(keyword, keyword, ({ keywords }) => keywords);
  }
  for (const { id, title } of used) {
    const isShown = sections.some(({ productIds }) => productIds.includes(id));
    if (!isShown) place(id, title, ({ productIds }) => productIds);
  }
  for (const [index, { title }] of internalLinks.entries()) {
    place(index, title, ({ linkIndexes }) => linkIndexes);
  }
}

function sharedWith({ heading, goal, keyPoints }: Section, sought: Set<string>, language: string): number {
  return sought.intersection(vocabularyOf([heading, goal, ...keyPoints].join(" "), language)).size;
}

/** The known texts that are among the named ones, compared without case. Spelled as the known ones are. */
function namedAmong(named: string[], known: string[]): string[] {
  const names = new Set(named.map((text) => text.normalize("NFKC").toLowerCase()));
  return known.filter((text) => names.has(text.normalize("NFKC").toLowerCase()));
}

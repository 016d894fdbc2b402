import { blocksOf, parseMarkdown } from "../../text/markdown.ts";
import { clip, sentencesOf } from "../../text/words.ts";
import type { Section } from "../plan/outline.ts";
import type { Plan } from "../plan/plan.ts";
import { templates } from "../templates.ts";

/** A part of the article that is written by one call: what it must be, and what its writer needs to know. */
export type Part = {
  /** Names its step: `section:s1`, `intro`, `conclusion`. */
  key: string;
  label: string;
  task: string;
  /** It stands under this heading, which is not part of its text. */
  heading: string | null;
  targetWords: number;
  links: { title: string; url: string }[];
  data: Record<string, unknown>;
};

const sectionTask = `
Write the section of the article that "heading" names, in Markdown, without that heading itself.
- Follow "goal", cover "keyPoints", answer "questions" and use "keywords" where they read naturally. The rest of the outline belongs to other sections.
- Length: "targetWords" words. Use the focus keyword about as often as "focusKeywordUses" says.
- Mention a product only as "facts" describes it. Link each address in "links" at most once, and only where it helps.
- Where it serves the reader use a list, a table, or subheadings from the third level (###) on.`;

const introTask = `
Write the introduction of the article, in Markdown: paragraphs only, no heading.
- Follow "goal" and prepare for the sections, whose first sentences are in "digests". Do not list them.
- Use the focus keyword in the first two sentences. Length: "targetWords" words.`;

const conclusionTask = `
Write the end of the article under the heading that "heading" names, in Markdown: paragraphs only, without that heading itself.
- Follow "goal" and build on the sections, whose first sentences are in "digests", without repeating them. End with the thought of "cta".
- Length: "targetWords" words.`;

/** All parts, once the sections are written: introduction and conclusion are given the sections' first sentences. */
export function framedParts(
  plan: Plan,
  sectionTexts: string[],
): { intro: Part; sections: Part[]; conclusion: Part } {
  const digests = sectionTexts.map((text) => digestOf(text, plan.request.language));
  return {
    intro: introPart(plan, digests),
    sections: plan.outline.sections.map((section) => sectionPart(plan, section)),
    conclusion: conclusionPart(plan, digests),
  };
}

export function sectionPart(plan: Plan, section: Section): Part {
  const { request, brief, outline } = plan;
  const position = outline.sections.indexOf(section);
  const products = request.products.filter(({ id }) => section.productIds.includes(id));
  const pages = section.linkIndexes.flatMap((index) => request.internalLinks[index] ?? []);
  const links = [...products, ...pages].map(({ title, url }) => ({ title, url }));
  const part = {
    key: `section:${section.id}`,
    label: `Writing “${section.heading}”`,
    task: sectionTask,
    heading: section.heading,
    targetWords: section.targetWords,
    links,
  };
  return withData(plan, part, {
    comesAfter: outline.sections[position - 1]?.heading ?? null,
    comesBefore: outline.sections[position + 1]?.heading ?? null,
    goal: section.goal,
    keyPoints: section.keyPoints,
    keywords: section.keywords,
    questions: section.questions,
    facts: products.map(({ id, title }) => ({
      product: title,
      facts: brief.productUse.find(({ productId }) => productId === id)?.facts ?? [],
    })),
    focusKeywordUses: Math.round(section.targetWords * 0.012),
  });
}

function introPart(plan: Plan, digests: string[]): Part {
  const { goal, targetWords } = plan.outline.intro;
  const part = { key: "intro", label: "Writing the introduction", task: introTask };
  const { opening } = templates[plan.request.topic.template];
  return withData(plan, { ...part, heading: null, targetWords, links: [] }, { goal: goal || opening, digests });
}

function conclusionPart(plan: Plan, digests: string[]): Part {
  const { heading, goal, cta, targetWords } = plan.outline.conclusion;
  const part = { key: "conclusion", label: "Writing the conclusion", task: conclusionTask };
  const { closing } = templates[plan.request.topic.template];
  return withData(plan, { ...part, heading, targetWords, links: [] }, { goal: goal || closing, cta, digests });
}

/** The data that all parts share comes first: providers charge less for a prompt whose beginning they have cached. */
function withData({ request, brief, outline }: Plan, part: Omit<Part, "data">, own: Record<string, unknown>): Part {
  const { heading, targetWords, links } = part;
  const { language, topic, brand = null } = request;
  const { avoid } = templates[topic.template];
  const perWord = charactersPerWord.get(language.slice(0, 2));
  return {
    ...part,
    data: {
      language,
      title: topic.title,
      kindOfArticle: topic.template,
      avoidInGeneral: avoid,
      focusKeyword: brief.focusKeyword,
      tone: topic.tone,
      audience: brief.audience,
      brand,
      angle: brief.angle,
      avoid: brief.avoid,
      outline: outline.sections.map((section) => ({ heading: section.heading, goal: section.goal })),
      heading,
      ...own,
      links,
      targetWords,
      // In a language without spaces a model keeps to a number of characters, and not to one of words.
      ...(perWord ? { targetCharacters: Math.round(targetWords * perWord) } : {}),
    },
  };
}

const charactersPerWord = new Map([
  ["ja", 1.8],
  ["zh", 1.6],
]);

/** The first sentence of a section. */
function digestOf(markdown: string, language: string): string {
  const first = blocksOf(parseMarkdown(markdown)).find(({ kind }) => kind === "paragraph");
  return clip(sentencesOf(first?.text ?? "", language)[0] ?? "", 200);
}

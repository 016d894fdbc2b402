import { z } from "zod";
import { countPhrase, countWords, distinct, plainLine } from "../../text/words.ts";
import type { ArticleRequest } from "../request.ts";
import { assign } from "./assignment.ts";
import type { Brief } from "./brief.ts";
import { fewestSections, mostSectionsFor, shareWords } from "./lengths.ts";
import type { Outline, Section } from "./outline.ts";

const headings = (sections: { heading: string }[]) => sections.map(({ heading }) => plainLine(heading, maxHeading));
const maxHeading = 100;

/** What the model is asked for. An answer with too few sections, or with two of one heading, is sent back to it. */
export const OutlineAnswer = z.object({
  metaTitle: z.string(),
  metaDescription: z.string(),
  handleHint: z.string(),
  intro: z.object({ goal: z.string() }),
  sections: z
    .array(
      z.object({
        heading: z.string().min(1),
        goal: z.string(),
        keyPoints: z.array(z.string()),
        keywords: z.array(z.string()),
        questions: z.array(z.string()),
        productIds: z.array(z.string()),
        targetWords: z.number(),
      }),
    )
    .min(fewestSections)
    .refine((sections) => distinct(headings(sections)).length === sections.length, "headings must differ"),
  conclusion: z.object({ heading: z.string(), goal: z.string(), cta: z.string() }),
});
export type OutlineAnswer = z.output<typeof OutlineAnswer>;

/** Makes a model's outline whole: everything of the brief has its place, and the lengths add up to the target. */
export function fitOutline(
  answer: OutlineAnswer,
  { request, brief, targetWords }: { request: ArticleRequest; brief: Brief; targetWords: number },
): Outline {
  const kept = answer.sections.slice(0, mostSectionsFor(targetWords));
  const sections = kept.map(
    (section, index): Section => ({
      id: `s${index + 1}`,
      heading: plainLine(section.heading, maxHeading) || brief.focusKeyword,
      goal: plainLine(section.goal, 400),
      keyPoints: distinct(section.keyPoints.map((point) => plainLine(point, 300))).slice(0, 6),
      keywords: section.keywords,
      questions: section.questions,
      productIds: section.productIds,
      linkIndexes: [],
      targetWords: 0,
    }),
  );
  assign(sections, request, brief);

  const heading = closingHeading(answer, sections, request);
  const headingWords = sections.map((section) => countWords(section.heading, request.language));
  const words = shareWords(
    targetWords,
    kept.map((section, index) => ({ weight: section.targetWords, headingWords: headingWords[index] ?? 0 })),
  );
  return {
    metaTitle: bestTitle([answer.metaTitle, request.topic.title, ...brief.titleIdeas], brief, request),
    // Search engines cut a longer description off, in the middle of a word.
    metaDescription: plainLine(answer.metaDescription, 160),
    handleHint: plainLine(answer.handleHint, 100),
    intro: { goal: plainLine(answer.intro.goal, 400), targetWords: words.intro },
    sections: sections.map((section, index) => ({ ...section, targetWords: words.sections[index] ?? 0 })),
    conclusion: {
      heading,
      goal: plainLine(answer.conclusion.goal, 400),
      cta: plainLine(answer.conclusion.cta, 200),
      targetWords: Math.max(1, words.conclusion - countWords(heading, request.language)),
    },
  };
}

/** The first of 30 to 60 characters with the focus keyword in it, else the first: search results cut longer ones. */
function bestTitle(ideas: string[], { focusKeyword }: Brief, { language }: ArticleRequest): string {
  const titles = ideas.map((idea) => plainLine(idea, 200)).filter((title) => title !== "");
  const fits = (title: string) =>
    title.length >= 30 && title.length <= 60 && countPhrase(title, focusKeyword, language) > 0;
  return titles.find(fits) ?? titles[0] ?? focusKeyword;
}

/** The model's heading, unless it is empty or already that of a section: then a usual one of the language. */
function closingHeading({ conclusion }: OutlineAnswer, sections: Section[], request: ArticleRequest): string {
  const heading = plainLine(conclusion.heading, maxHeading);
  const all = [heading, ...sections.map((section) => section.heading)];
  if (distinct(all).length === all.length) return heading;
  return closingHeadings.get(request.language.slice(0, 2)) ?? plainLine(request.topic.title, maxHeading);
}

const closingHeadings = new Map([
  ["en", "In short"],
  ["de", "Fazit"],
  ["fr", "En résumé"],
  ["es", "En resumen"],
  ["it", "In sintesi"],
  ["nl", "Samengevat"],
  ["ja", "まとめ"],
]);

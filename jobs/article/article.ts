import { z } from "zod";
import { assemble, type Draft } from "./draft.ts";
import { chooseHandle } from "./handle.ts";
import { allowedLinksOf, targetWordsOf } from "./request.ts";
import { type Scored, SeoReport } from "./seo.ts";
import type { Structured } from "./structuring.ts";

/** Something in the article that an editor should look at before it is published. */
export const Claim = z.object({
  quote: z.string(),
  reason: z.string(),
  severity: z.enum(["low", "medium", "high"]),
});
export type Claim = z.output<typeof Claim>;

/** The finished article. */
export const Article = z.object({
  title: z.string(),
  handle: z.string(),
  metaTitle: z.string(),
  metaDescription: z.string(),
  summary: z.string(),
  /** Without the title. */
  markdown: z.string(),
  language: z.string(),
  template: z.string(),
  tags: z.array(z.string()),
  targetKeywords: z.array(z.string()),
  /** Other titles to choose from. */
  titleIdeas: z.array(z.string()),
  wordCount: z.int(),
  targetWordCount: z.int(),
  readingMinutes: z.int(),
  seoScore: z.int(),
  seoReport: SeoReport,
  /** Statements that no given fact backs, and words that the brand does not want. */
  claims: z.array(Claim),
  needsReview: z.boolean(),
  promptVersion: z.string(),
});
export type Article = z.output<typeof Article>;

/** The article as the rubric sees it. */
export function scoredOf({ request, brief, outline }: Structured, draft: Draft, jobId: string): Scored {
  const { language, topic } = request;
  const { focusKeyword, secondaryKeywords } = brief;
  return {
    markdown: assemble(outline, draft),
    metaTitle: outline.metaTitle,
    metaDescription: outline.metaDescription,
    handle: chooseHandle([outline.handleHint, topic.title, outline.metaTitle, focusKeyword], {
      focusKeyword,
      language,
      jobId,
    }),
    focusKeyword,
    secondaryKeywords,
    targetWords: targetWordsOf(request),
    language,
    offeredLinks: allowedLinksOf(request),
  };
}

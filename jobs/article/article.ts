import { Publication, PublishTo } from "galley/author";
import { z } from "zod";
import { Claim } from "../text/claims.ts";
import { SeoReport } from "./seo/score.ts";

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
  /** Where the request wants it to be published. */
  publish: PublishTo.optional(),
});
export type Article = z.output<typeof Article>;

/** The same, with where it was published. */
export const PublishedArticle = Article.extend({ publication: Publication.optional() });
export type PublishedArticle = z.output<typeof PublishedArticle>;

import { z } from "zod";

const Section = z.object({
  id: z.string(),
  heading: z.string(),
  goal: z.string(),
  keyPoints: z.array(z.string()),
  keywords: z.array(z.string()),
  questions: z.array(z.string()),
  productIds: z.array(z.string()),
  /** Indexes into the request's internal links. */
  linkIndexes: z.array(z.int()),
  /** Of its text, the heading not included. */
  targetWords: z.int(),
});

/** The plan that the article is written from. */
export const Outline = z.object({
  metaTitle: z.string(),
  metaDescription: z.string(),
  handleHint: z.string(),
  intro: z.object({ goal: z.string(), targetWords: z.int() }),
  sections: z.array(Section),
  conclusion: z.object({ heading: z.string(), goal: z.string(), cta: z.string(), targetWords: z.int() }),
});
export type Outline = z.output<typeof Outline>;
export type Section = z.output<typeof Section>;

import { PublishTo } from "galley/author";
import { z } from "zod";
import { Brand, Keywords, Language, Link, line, Products } from "../text/fields.ts";
import { templateNames } from "./templates.ts";

/** Words for each `length`, where no `targetWordCount` is given. */
const wordsByLength = { short: 500, medium: 1000, long: 1500, comprehensive: 2000 } as const;

/** The input of a job of the type `article`. Its output can be parsed again. */
export const ArticleInput = z.strictObject({
  topic: z.strictObject({
    title: line(200, 3),
    /** The first is the focus keyword. */
    keywords: Keywords.default([]),
    tone: line(100).default("professional"),
    length: z.enum(["short", "medium", "long", "comprehensive"]).default("medium"),
    template: z.enum(templateNames).default("article"),
  }),
  targetWordCount: z.int().min(300).max(4000).optional(),
  /** Revise what costs the score most. Without it the article is scored as it was written. */
  optimizeForSEO: z.boolean().default(true),
  /** Without it, that of the title and keywords if they leave no doubt, else English. */
  language: Language.optional(),
  audience: line(500).optional(),
  brand: Brand.optional(),
  products: Products.default([]),
  internalLinks: z
    .array(z.strictObject({ url: Link, title: line(200) }))
    .max(50)
    .default([]),
  /** Where it is published when it is written. Without it, nowhere. */
  publish: PublishTo.optional(),
});
export type ArticleInput = z.output<typeof ArticleInput>;

/** The same with its language decided: what every phase after the first is given. */
export const ArticleRequest = ArticleInput.extend({ language: Language });
export type ArticleRequest = z.output<typeof ArticleRequest>;

/** How many words the article should have. */
export function targetWordsOf({ targetWordCount, topic }: ArticleRequest): number {
  return targetWordCount ?? wordsByLength[topic.length];
}

/** The only addresses that the article may link to. */
export function allowedLinksOf({ products, internalLinks }: ArticleRequest): string[] {
  return [...products, ...internalLinks].map(({ url }) => url);
}

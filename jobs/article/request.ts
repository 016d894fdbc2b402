import { z } from "zod";
import { templateNames } from "./templates.ts";
import { distinct } from "./words.ts";

/** Words for each `length`, where no `targetWordCount` is given. */
const wordsByLength = { short: 500, medium: 1000, long: 1500, comprehensive: 2000 } as const;

const line = (max: number, min = 1) =>
  z
    .string()
    .trim()
    .min(min)
    .max(max)
    // PostgreSQL cannot keep either of the two in JSON.
    .refine((text) => !text.includes("\u0000"), "must not contain the character NUL")
    .refine((text) => text.isWellFormed(), "must be well-formed Unicode");
const Link = line(2_000).pipe(z.url({ protocol: /^https$/, error: "must be an https address" }));

const maxKeywords = 20;
const keyword = line(100, 0);
const Keywords = z
  .union([z.array(keyword), line(maxKeywords * 110, 0).transform((text) => text.split(","))])
  .transform((keywords) => distinct(keywords.map((text) => text.trim())))
  .pipe(z.array(keyword).max(maxKeywords));

const Language = line(35).refine(isKnownLanguage, 'must be a language tag such as "en", "de" or "pt-BR"');

const Product = z.strictObject({
  id: line(100),
  title: line(200),
  url: Link,
  /** All that may be said of it. */
  facts: z.union([z.array(line(500)).max(30), line(5_000).transform((fact) => [fact])]).default([]),
});

/** What a job of the type `article` is given. What comes out of it may be parsed again. */
export const ArticleInput = z.strictObject({
  topic: z.strictObject({
    title: line(200, 3),
    /** The first is the one to be found by. */
    keywords: Keywords.default([]),
    tone: line(100).default("professional"),
    length: z.enum(["short", "medium", "long", "comprehensive"]).default("medium"),
    template: z.enum(templateNames).default("article"),
  }),
  targetWordCount: z.int().min(300).max(4000).optional(),
  /** Revise what the score finds lacking. Without it the article is scored as it was written. */
  optimizeForSEO: z.boolean().default(true),
  /** Without it, that of the title and keywords if they leave no doubt, else English. */
  language: Language.optional(),
  audience: line(500).optional(),
  brand: z
    .strictObject({
      name: line(100),
      voice: line(500).optional(),
      /** Words that the brand never uses. */
      banned: z.array(line(100)).max(50).optional(),
    })
    .optional(),
  products: z
    .array(Product)
    .max(20)
    .refine((products) => new Set(products.map(({ id }) => id)).size === products.length, "must have different ids")
    .default([]),
  internalLinks: z
    .array(z.strictObject({ url: Link, title: line(200) }))
    .max(50)
    .default([]),
});
export type ArticleInput = z.output<typeof ArticleInput>;

/** The same, with nothing left open. */
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

function isKnownLanguage(tag: string): boolean {
  try {
    return new Intl.DisplayNames(["en"], { type: "language", fallback: "none" }).of(tag) !== undefined;
  } catch {
    return false;
  }
}

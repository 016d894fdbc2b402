import { z } from "zod";
import { distinct } from "./words.ts";

/** One line of a user's, without spaces around it. */
export const line = (max: number, min = 1) =>
  z
    .string()
    .trim()
    .min(min)
    .max(max)
    // PostgreSQL cannot keep either of the two in JSON.
    .refine((text) => !text.includes("\u0000"), "must not contain the character NUL")
    .refine((text) => text.isWellFormed(), "must be well-formed Unicode");

export const Link = line(2_000).pipe(z.url({ protocol: /^https$/, error: "must be an https address" }));

const maxKeywords = 20;
const keyword = line(100, 0);

/** A list, or one text with commas. Each keyword once. */
export const Keywords = z
  .union([z.array(keyword), line(maxKeywords * 110, 0).transform((text) => text.split(","))])
  .transform((keywords) => distinct(keywords.map((text) => text.trim())))
  .pipe(z.array(keyword).max(maxKeywords));

export const Language = line(35).refine(isKnownLanguage, 'must be a language tag such as "en", "de" or "pt-BR"');

export const Product = z.strictObject({
  id: line(100),
  title: line(200),
  url: Link,
  /** All that may be said of it. */
  facts: z.union([z.array(line(500)).max(30), line(5_000).transform((fact) => [fact])]).default([]),
});

export const Products = z
  .array(Product)
  .max(20)
  .refine((products) => new Set(products.map(({ id }) => id)).size === products.length, "must have different ids");

export const Brand = z.strictObject({
  name: line(100),
  voice: line(500).optional(),
  /** Words that the brand never uses. */
  banned: z.array(line(100)).max(50).optional(),
});

function isKnownLanguage(tag: string): boolean {
  try {
    return new Intl.DisplayNames(["en"], { type: "language", fallback: "none" }).of(tag) !== undefined;
  } catch {
    return false;
  }
}

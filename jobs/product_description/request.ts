import { z } from "zod";
import { Brand, Keywords, Language, line, Product } from "../text/fields.ts";

/** The input of a job of the type `product_description`: one product. Many are submitted as one batch. */
export const ProductDescriptionInput = z.strictObject({
  /** Nothing is said of it but what its facts say. */
  product: Product.partial({ url: true }),
  keywords: Keywords.default([]),
  tone: line(100).default("professional"),
  audience: line(500).optional(),
  /** Without it, that of the product's title if it leaves no doubt, else English. */
  language: Language.optional(),
  brand: Brand.optional(),
  /** Of the description; the bullets come on top. */
  targetWordCount: z.int().min(30).max(300).default(80),
});

/** The same with its language decided. */
export const ProductRequest = ProductDescriptionInput.extend({ language: Language });
export type ProductRequest = z.output<typeof ProductRequest>;

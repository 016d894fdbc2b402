import { z } from "zod";
import { cleanPart } from "../text/clean.ts";
import { faultsOf } from "../text/faults.ts";
import { wordsOf } from "../text/markdown.ts";
import { distinct, plainLine } from "../text/words.ts";
import type { ProductRequest } from "./request.ts";

/** What is written of a product. The description is Markdown, all else plain lines. */
export const ProductText = z.object({
  title: z.string(),
  description: z.string(),
  bullets: z.array(z.string()),
  metaTitle: z.string(),
  metaDescription: z.string(),
});
export type ProductText = z.output<typeof ProductText>;

const maxBullets = 6;

/** Makes a model's answer fit a shop's page: no markup but in the description, no other links, nothing too long. */
export function fitText(answer: ProductText, { product }: ProductRequest): ProductText {
  const title = plainLine(answer.title, 150) || plainLine(product.title, 150);
  return {
    title,
    description: cleanPart(answer.description, { links: product.url ? [product.url] : [], heading: null }),
    bullets: distinct(answer.bullets.map((bullet) => plainLine(bullet, 160, ""))).slice(0, maxBullets),
    metaTitle: plainLine(answer.metaTitle, 60) || plainLine(title, 60),
    metaDescription: plainLine(answer.metaDescription, 160),
  };
}

/** All that a buyer reads, as one text. */
export const wholeOf = ({ title, description, bullets, metaTitle, metaDescription }: ProductText): string =>
  [title, description, ...bullets, metaTitle, metaDescription].join("\n\n");

const shortest = 0.7;
const longest = 1.4;

/** Why a text should be written once more. */
export async function problemsOf(text: ProductText, request: ProductRequest): Promise<string[]> {
  const words = wordsOf(text.description, request.language);
  const { targetWordCount } = request;
  const isOff = words < targetWordCount * shortest || words > targetWordCount * longest;
  return [
    ...(await faultsOf(wholeOf(text), request)),
    ...(isOff ? [`The description has ${words} words, and should have ${targetWordCount}.`] : []),
  ];
}

import { z } from "zod";
import { distinct, plainLine } from "../../text/words.ts";
import type { ArticleRequest } from "../request.ts";

/** What the article is to be, before anything of it is written. */
export const Brief = z.object({
  intent: z.enum(["informational", "commercial", "transactional", "navigational", "inspirational"]),
  audience: z.string(),
  angle: z.string(),
  focusKeyword: z.string(),
  secondaryKeywords: z.array(z.string()),
  /** What readers ask, to be answered by a section each. */
  questions: z.array(z.string()),
  mustCover: z.array(z.string()),
  /** What must not be claimed or done. */
  avoid: z.array(z.string()),
  productUse: z.array(z.object({ productId: z.string(), facts: z.array(z.string()) })),
  titleIdeas: z.array(z.string()),
});
export type Brief = z.output<typeof Brief>;

const maxItems = 8;

/** Makes a model's brief fit the request: what the user named wins, and only what was given can be used. */
export function fitBrief(brief: Brief, request: ArticleRequest): Brief {
  const { topic, products } = request;
  const keywords = lines(topic.keywords, 100);
  // A focus keyword needs a letter or a digit: searches for "!?" find nothing.
  const given = keywords.find((keyword) => /[\p{L}\p{N}]/u.test(keyword));
  const focusKeyword = given ?? (plainLine(brief.focusKeyword, 60, "") || plainLine(topic.title, 60, ""));
  const use = new Map(brief.productUse.map(({ productId, facts }) => [productId, facts]));
  return {
    intent: brief.intent,
    audience: request.audience ?? plainLine(brief.audience, 300),
    angle: plainLine(brief.angle, 400),
    focusKeyword,
    secondaryKeywords: distinct([focusKeyword, ...keywords, ...lines(brief.secondaryKeywords, 60)]).slice(
      1,
      maxItems + 1,
    ),
    questions: lines(brief.questions, 200).slice(0, maxItems),
    mustCover: lines(brief.mustCover, 300).slice(0, maxItems),
    avoid: lines(brief.avoid, 300).slice(0, maxItems),
    productUse: products
      .filter(({ id }) => use.has(id))
      .map(({ id, facts }) => {
        const chosen = facts.filter((fact) => use.get(id)?.includes(fact));
        return { productId: id, facts: chosen.length > 0 ? chosen : facts };
      }),
    titleIdeas: lines(brief.titleIdeas, 120).slice(0, 5),
  };
}

const lines = (texts: string[], max: number): string[] => distinct(texts.map((text) => plainLine(text, max, "")));

import { definePhase } from "galley/author";
import { z } from "zod";
import { bannedClaims, Claim, findClaimsIn } from "../text/claims.ts";
import { wordsOf } from "../text/markdown.ts";
import { Described } from "./describing.ts";
import { askObject, promptVersion } from "./prompts.ts";
import { ProductText, wholeOf } from "./text.ts";

/** The result of a job. */
export const ProductDescription = ProductText.extend({
  productId: z.string(),
  language: z.string(),
  wordCount: z.int(),
  /** Statements that no given fact backs, and words that the brand does not want. */
  claims: z.array(Claim),
  needsReview: z.boolean(),
  promptVersion: z.string(),
});

/** Notes what an editor must verify. */
export const checking = definePhase({
  name: "checking",
  label: "Checking the claims",
  weight: 30,
  input: Described,
  output: ProductDescription,
  async run(context) {
    const { request, text } = context.input;
    const { product, language } = request;
    const whole = wholeOf(text);
    const found = await findClaimsIn(context, askObject, {
      what: "description",
      text: whole,
      data: { language, title: product.title, facts: product.facts },
    });
    const claims = [...bannedClaims(whole, request), ...found];
    return {
      ...text,
      productId: product.id,
      language,
      wordCount: wordsOf(text.description, language),
      claims,
      needsReview: claims.length > 0,
      promptVersion,
    };
  },
});

import { definePhase, JobError, type PhaseContext } from "galley/author";
import { z } from "zod";
import { languageOfTitle } from "../text/language.ts";
import { askObject } from "./prompts.ts";
import { ProductDescriptionInput, ProductRequest } from "./request.ts";
import { fitText, ProductText, problemsOf } from "./text.ts";

export const Described = z.object({ request: ProductRequest, text: ProductText });

const task = `
Describe "product" for its page in a shop, from "facts" alone:
- title: what it is, in a few words. description: paragraphs in Markdown, "targetWords" words, without headings, lists or links.
- bullets: 3 to 6 short lines, each with one thing that helps to decide. No sentence stands twice.
- metaTitle: 30 to 60 characters. metaDescription: 120 to 160 characters, saying what the buyer gets.
Use "keywords" where they read naturally. If "problems" is there, rewrite "draft" so that none of them is left.`;

/** Writes what is said of the product. If it has problems, it is written once more, and the better of the two is kept. */
export const describing = definePhase({
  name: "describing",
  label: "Writing the description",
  weight: 70,
  input: ProductDescriptionInput,
  output: Described,
  async run(context) {
    const { product, keywords, language } = context.input;
    const request = { ...context.input, language: language ?? (await languageOfTitle(product.title, keywords)) };
    const first = await write(context, request, "text");
    const problems = await problemsOf(first, request);
    if (problems.length === 0) return { request, text: first };
    await context.progress({ done: 1, of: 2, currentStep: "Revising the description" });
    const second = await write(context, request, "text:repair", { draft: first, problems });
    const isBetter = (await problemsOf(second, request)).length < problems.length;
    return { request, text: isBetter ? second : first };
  },
});

async function write(
  context: PhaseContext<unknown>,
  request: ProductRequest,
  key: string,
  before: object = {},
): Promise<ProductText> {
  const { product, keywords, language, tone, audience, brand, targetWordCount } = request;
  const fitted = (answer: ProductText) => fitText(answer, request);
  const answer = await askObject(
    context,
    {
      key,
      label: "Writing the description",
      task,
      data: {
        language,
        tone,
        audience: audience ?? null,
        brand: brand ?? null,
        product: product.title,
        facts: product.facts,
        keywords,
        targetWords: targetWordCount,
        ...before,
      },
      words: targetWordCount + 200,
      name: "product_text",
      schema: ProductText,
    },
    (given) => {
      if (fitted(given).description === "")
        throw new JobError("invalid_output", "The model wrote nothing that can be used.");
    },
  );
  return fitted(answer);
}

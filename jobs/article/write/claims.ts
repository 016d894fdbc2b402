import { z } from "zod";
import type { Asking } from "../../text/ask.ts";
import { foreignLanguageOf, nameOf } from "../../text/language.ts";
import { parseMarkdown, plainText } from "../../text/markdown.ts";
import { clip, sentencesOf } from "../../text/words.ts";
import { askObject } from "../prompts.ts";
import { inOrder } from "./draft.ts";
import { bannedWords } from "./faults.ts";
import { type Manuscript, scoredOf } from "./manuscript.ts";

/** Something in the article that an editor should look at before it is published. */
export const Claim = z.object({
  quote: z.string(),
  reason: z.string(),
  severity: z.enum(["low", "medium", "high"]),
});
export type Claim = z.output<typeof Claim>;

const task = `
Check the article for statements that an editor must verify before it is published: figures, prices, tests, comparisons, quotations, medical or legal advice, experiences such as "we tested" - whatever "facts" does not back and is not common knowledge.
For each one: quote, word for word from the article and at most one sentence; reason, in one sentence; severity, high where it could harm or mislead the reader.
No such statement, no entry.`;

const Claims = z.object({ claims: z.array(Claim) });
const maxClaims = 20;

/** What an editor must look at. The article is not changed: only the editor can tell whether a statement is true. */
export async function findClaims(context: Asking, manuscript: Manuscript, jobId: string): Promise<Claim[]> {
  const { request, brief, outline } = manuscript;
  const { markdown } = scoredOf(manuscript, jobId);
  const { claims } = await askObject(context, {
    key: "claims",
    label: "Checking the claims",
    task,
    data: {
      language: request.language,
      title: request.topic.title,
      avoid: brief.avoid,
      facts: request.products.map(({ title, facts }) => ({ product: title, facts })),
      article: markdown,
    },
    words: 800,
    name: "claims",
    schema: Claims,
  });
  const text = squeezed(plainText(parseMarkdown(markdown)));
  // The model quotes word for word. A quote that is not in the article is invented, so its claim is dropped.
  const found = claims.filter(({ quote }) => squeezed(quote) !== "" && text.includes(squeezed(quote)));
  const shown = [request.topic.title, outline.metaTitle, outline.metaDescription, markdown].join("\n\n");
  const banned = bannedWords(shown, request).map(
    (word): Claim => ({ quote: word, reason: "The brand never uses this word.", severity: "high" }),
  );
  return [...(await foreignParts(manuscript)), ...banned, ...found.slice(0, maxClaims)];
}

/** The parts that are in another language than the article, although the model was asked for each of them twice. */
async function foreignParts({ request, draft }: Manuscript): Promise<Claim[]> {
  const parts = await Promise.all(
    inOrder(draft).map(async (text) => ({ text, foreign: await foreignLanguageOf(text, request.language) })),
  );
  return parts.flatMap(({ text, foreign }) =>
    foreign === null
      ? []
      : {
          quote: clip(sentencesOf(plainText(parseMarkdown(text)), foreign)[0] ?? "", 200),
          reason: `This part is written in ${nameOf(foreign)}, not in ${nameOf(request.language)}.`,
          severity: "high" as const,
        },
  );
}

const squeezed = (text: string): string =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\s*_`]+/g, " ")
    .trim();

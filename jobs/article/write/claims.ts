import type { Asking } from "../../text/ask.ts";
import { bannedClaims, type Claim, findClaimsIn } from "../../text/claims.ts";
import { foreignLanguageOf, nameOf } from "../../text/language.ts";
import { parseMarkdown, plainText } from "../../text/markdown.ts";
import { clip, sentencesOf } from "../../text/words.ts";
import { askObject } from "../prompts.ts";
import { inOrder } from "./draft.ts";
import { type Manuscript, scoredOf } from "./manuscript.ts";

/** What an editor must look at. The article is not changed: only the editor can tell whether a statement is true. */
export async function findClaims(context: Asking, manuscript: Manuscript, jobId: string): Promise<Claim[]> {
  const { request, brief, outline } = manuscript;
  const { markdown } = scoredOf(manuscript, jobId);
  const found = await findClaimsIn(context, askObject, {
    what: "article",
    text: markdown,
    data: {
      language: request.language,
      title: request.topic.title,
      avoid: brief.avoid,
      facts: request.products.map(({ title, facts }) => ({ product: title, facts })),
    },
  });
  const shown = [request.topic.title, outline.metaTitle, outline.metaDescription, markdown].join("\n\n");
  return [...(await foreignParts(manuscript)), ...bannedClaims(shown, request), ...found];
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

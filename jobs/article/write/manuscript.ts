import type { z } from "zod";
import { chooseHandle } from "../../text/handle.ts";
import { Plan } from "../plan/plan.ts";
import { allowedLinksOf, targetWordsOf } from "../request.ts";
import type { Scored } from "../seo/finding.ts";
import { assemble, Draft } from "./draft.ts";

/** The written article, still in its parts and beside its plan. */
export const Manuscript = Plan.extend({ draft: Draft });
export type Manuscript = z.output<typeof Manuscript>;

/** The manuscript as one article, as the SEO score sees it. */
export function scoredOf({ request, brief, outline, draft }: Manuscript, jobId: string): Scored {
  const { language, topic } = request;
  const { focusKeyword, secondaryKeywords } = brief;
  return {
    markdown: assemble(outline, draft),
    metaTitle: outline.metaTitle,
    metaDescription: outline.metaDescription,
    handle: chooseHandle([outline.handleHint, topic.title, outline.metaTitle, focusKeyword], {
      focusKeyword,
      language,
      jobId,
    }),
    focusKeyword,
    secondaryKeywords,
    targetWords: targetWordsOf(request),
    language,
    offeredLinks: allowedLinksOf(request),
  };
}

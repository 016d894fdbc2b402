import { definePhase, PermanentError } from "galley/author";
import { z } from "zod";
import { scoreSeo } from "../article/seo/score.ts";
import { Manuscript, scoredOf } from "../article/write/manuscript.ts";
import { languageOfTitle } from "../text/language.ts";
import { manuscriptOf } from "./manuscript.ts";
import { ArticleRefreshInput } from "./request.ts";

export const Reviewed = z.object({
  articleId: z.uuid().nullable(),
  maxRevisions: z.int(),
  original: Manuscript,
});

/** Takes the article apart and finds its weak checks, without asking a model. */
export const reviewing = definePhase({
  name: "reviewing",
  label: "Reviewing the article",
  weight: 5,
  input: ArticleRefreshInput,
  output: Reviewed,
  async run({ input, job, log }) {
    const { article, articleId = null, maxRevisions } = input;
    if (!article) throw new PermanentError("The article is not there.");
    const language = input.language ?? (await languageOfTitle(article.title, article.keywords));
    const original = manuscriptOf(article, input, language);
    const { score } = scoreSeo(scoredOf(original, job.id));
    log.info("reviewed", { score, sections: original.outline.sections.length });
    return { articleId, maxRevisions, original };
  },
});

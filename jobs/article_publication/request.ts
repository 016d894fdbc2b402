import { PublishTo } from "galley/author";
import { z } from "zod";

/** The input of a job of the type `article_publication`. */
export const ArticlePublicationInput = PublishTo.extend({
  /** An article that Galley keeps. */
  articleId: z.uuid(),
});
export type ArticlePublicationInput = z.output<typeof ArticlePublicationInput>;

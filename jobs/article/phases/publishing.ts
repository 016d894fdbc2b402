import { definePhase, PermanentError } from "galley/author";
import { Article, PublishedArticle } from "../article.ts";

/** Puts the article, which is kept by now, into the blog that the request names. A job that names none ends before it. */
export const publishing = definePhase({
  name: "publishing",
  label: "Publishing in the shop",
  weight: 5,
  input: Article,
  output: PublishedArticle,
  retryLimit: 4,
  when: ({ publish }) => publish !== undefined,
  async run({ input, job: { articleId }, shops }) {
    if (!input.publish) throw new PermanentError("The request names no blog to publish in.");
    if (!articleId) throw new PermanentError("The article is no longer there.");
    return { ...input, publication: await shops.publish({ articleId, ...input.publish }) };
  },
});

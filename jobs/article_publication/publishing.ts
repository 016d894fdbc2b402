import { definePhase, Publication } from "galley/author";
import { z } from "zod";
import { ArticlePublicationInput } from "./request.ts";

/** Puts the article as it is now into the blog, or brings the one that is there up to date. */
export const publishing = definePhase({
  name: "publishing",
  label: "Publishing in the shop",
  input: ArticlePublicationInput,
  output: Publication.extend({ articleId: z.uuid() }),
  retryLimit: 4,
  async run({ input, shops }) {
    return { articleId: input.articleId, ...(await shops.publish(input)) };
  },
});

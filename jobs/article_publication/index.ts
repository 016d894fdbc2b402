import { defineJob } from "galley/author";
import { checkOwner } from "./prepare.ts";
import { publishing } from "./publishing.ts";
import { ArticlePublicationInput } from "./request.ts";

/** An article that Galley keeps, published in a shop at Shopify. */
export const articlePublication = defineJob({
  type: "article_publication",
  description: "Publishes an article in a blog of a shop at Shopify, or brings it up to date there.",
  input: ArticlePublicationInput,
  example: {
    articleId: "0192a000-0000-7000-8000-0000c0ffee42",
    shop: "my-shop.myshopify.com",
    blogId: "1",
  },
  phases: [publishing],
  prepare: checkOwner,
  record: async (_tx, _job, { articleId }) => ({ articleId }),
});

import { InputError, type PreparedJob, type Tx } from "galley/author";
import { findArticleWithin } from "../../src/content/articles.ts";
import { hasShop } from "../../src/content/shopify/shops.ts";
import type { ArticlePublicationInput } from "./request.ts";

/** Throws InputError for an article or a shop that the tenant does not have. */
export async function checkOwner(
  tx: Tx,
  input: ArticlePublicationInput,
  { tenant }: PreparedJob,
): Promise<ArticlePublicationInput> {
  if (!(await findArticleWithin(tx, tenant, input.articleId)))
    throw new InputError("/articleId", "there is no such article");
  if (!(await hasShop(tx, tenant, input.shop)))
    throw new InputError("/shop", "there is no such shop: POST /v1/shops names one");
  return input;
}

import { InputError, type PreparedJob, type Tx } from "galley/author";
import { hasShop } from "../../src/content/shopify/shops.ts";
import type { ArticleInput } from "./request.ts";

/** Throws InputError for a shop that the tenant does not have, before anything is written and paid for. */
export async function checkShop(tx: Tx, input: ArticleInput, { tenant }: PreparedJob): Promise<ArticleInput> {
  const { publish } = input;
  if (publish && !(await hasShop(tx, tenant, publish.shop)))
    throw new InputError("/publish/shop", "there is no such shop: POST /v1/shops names one");
  return input;
}

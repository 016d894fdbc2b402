import type { JobType } from "galley/author";
import { article } from "./article/index.ts";
import { articlePublication } from "./article_publication/index.ts";
import { articleRefresh } from "./article_refresh/index.ts";
import { productDescription } from "./product_description/index.ts";

/** Everything that this service can generate. The API's document and the client's types follow from it. */
export const jobTypes = [
  article,
  articleRefresh,
  articlePublication,
  productDescription,
] as const satisfies readonly JobType[];

import { readFile } from "node:fs/promises";
import { buildSchema, type ExecutionResult, graphql } from "graphql";
import type { ArticleInput, ShopArticle, Store, UserError } from "./store.ts";

/** Answers a GraphQL request from what is in the shop, checked against Shopify's own schema. */
export type Answer = (source: string, variables: Record<string, unknown> | undefined) => Promise<ExecutionResult>;

export const schemaFile = new URL("admin-2026-10.graphql", import.meta.url);

export async function createAnswer(store: Store): Promise<Answer> {
  const schema = buildSchema(await readFile(schemaFile, "utf8"));
  const rootValue = {
    articles: ({ query = "", first = 50 }: { query?: string; first?: number }) => ({
      nodes: store.search(query).slice(0, first).map(view),
    }),
    articleCreate: ({ article }: { article: ArticleInput }) => viewWritten(store.create(article)),
    articleUpdate: ({ id, article }: { id: string; article: ArticleInput }) =>
      viewWritten(store.update(id, article)),
  };
  return async (source, variableValues) => await graphql({ schema, source, rootValue, variableValues });
}

const viewWritten = ({ article, userErrors }: { article: ShopArticle | null; userErrors: UserError[] }) => ({
  article: article && view(article),
  userErrors,
});

const view = ({ author, blogId, metafields, ...article }: ShopArticle) => ({
  ...article,
  author: { name: author },
  blog: { id: `gid://shopify/Blog/${blogId}` },
  metafield({ namespace, key }: { namespace: string; key: string }) {
    const index = metafields.findIndex((one) => one.namespace === namespace && one.key === key);
    return index < 0 ? null : { id: `gid://shopify/Metafield/${index + 1}`, ...metafields[index] };
  },
});

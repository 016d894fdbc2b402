import type { articles } from "../../db/schema/index.ts";
import { toHtml } from "../html.ts";
import { ownMetafield } from "./operations.ts";
import type { PublishTo } from "./order.ts";

type Article = Pick<
  typeof articles.$inferSelect,
  "title" | "content" | "summary" | "tags" | "metaTitle" | "metaDescription"
>;

/**
 * An article as `ArticleCreateInput` and `ArticleUpdateInput` have it, but for blog and handle. `isPublished` is always said:
 * what Shopify is not told it publishes. `jobId`: by which it is found again.
 */
export function fieldsOf(article: Article, { shop, live, author, image }: PublishTo, jobId: string) {
  const seo = [
    { key: "title_tag", value: article.metaTitle },
    { key: "description_tag", value: article.metaDescription },
  ].flatMap(({ key, value }) => {
    const line = (value ?? "").replace(/\s+/g, " ").trim();
    // Shopify takes no metafield without a value.
    return line === "" ? [] : [{ namespace: "global", key, type, value: line }];
  });
  return {
    title: article.title,
    author: { name: author ?? shop.replace(/\.myshopify\.com$/, "") },
    body: toHtml(article.content),
    summary: article.summary ? `<p>${escaped(article.summary)}</p>` : "",
    // Shopify takes a comma for the end of a tag.
    tags: article.tags.map((tag) => tag.replaceAll(",", " ").trim()).filter((tag) => tag !== ""),
    isPublished: live,
    ...(image && { image }),
    metafields: [...seo, { ...ownMetafield, type, value: jobId }],
  };
}

const type = "single_line_text_field";

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const escaped = (text: string): string => text.replace(/[&<>]/g, (character) => entities[character] ?? character);

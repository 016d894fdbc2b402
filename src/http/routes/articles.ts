import { and, eq } from "drizzle-orm";
import { Router } from "express";
import type { Db } from "../../db/client.ts";
import { articles } from "../../db/schema/index.ts";
import { RequestError } from "../../errors.ts";
import { isUuid } from "../../ids.ts";
import { tenantOf } from "../auth.ts";

type ArticleRow = typeof articles.$inferSelect;

/** Reads articles as JSON, Markdown or HTML, by `Accept`. `toHtml` must sanitise. */
export function articleRoutes(db: Db, toHtml: (markdown: string) => Promise<string> | string): Router {
  const router = Router();

  router.get("/articles/:id", async (request, response) => {
    const article = await findArticle(db, tenantOf(request), request.params.id);
    response.vary("Accept");
    switch (request.accepts(["application/json", "text/markdown", "text/html"])) {
      case "text/markdown":
        response.type("text/markdown").send(asDocument(article));
        return;
      case "text/html":
        // The text is a model's: even sanitised it gets no right to run or load anything.
        response.set(
          "Content-Security-Policy",
          "default-src 'none'; img-src https:; style-src 'unsafe-inline'; sandbox",
        );
        response.type("text/html").send(await toHtml(asDocument(article)));
        return;
      case "application/json":
        response.json(viewArticle(article));
        return;
      default:
        throw new RequestError("invalid_input", "Accept must allow application/json, text/markdown or text/html.");
    }
  });

  return router;
}

/** The whole article in Markdown, its title as the only first-level heading. */
export const asDocument = ({ title, content }: ArticleRow): string =>
  `# ${title.replace(markdownCharacters, "\\$&")}\n\n${content.trim()}\n`;

// A title is a text: a user's brackets must not become a link.
const markdownCharacters = /[\\`*_{}[\]<>#|~]/g;

export async function findArticle(db: Db, tenant: string, id: string): Promise<ArticleRow> {
  const [article] = isUuid(id)
    ? await db
        .select()
        .from(articles)
        .where(and(eq(articles.id, id), eq(articles.tenant, tenant)))
    : [];
  if (!article) throw new RequestError("not_found", "There is no such article.");
  return article;
}

function viewArticle(article: ArticleRow) {
  const { tenant: _, content, ...rest } = article;
  return { ...rest, markdown: content };
}

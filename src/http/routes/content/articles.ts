import { Router } from "express";
import { type ArticleRow, asDocument, findArticle } from "../../../content/articles.ts";
import { toHtml } from "../../../content/html.ts";
import { findPublications, type Row as PublicationRow } from "../../../content/shopify/publications.ts";
import type { Db } from "../../../db/client.ts";
import { RequestError } from "../../../errors.ts";
import { reply, serve } from "../../api/serve.ts";
import { getArticle } from "../../api/specs/content/articles.ts";
import { timeOf } from "../../views.ts";

/** Reads articles as JSON, Markdown or HTML, by `Accept`. */
export function articleRoutes(db: Db): Router {
  const router = Router();

  serve(router, getArticle, async ({ params, tenant, request, response }) => {
    const article = await findArticle(db, tenant, params.id);
    response.vary("Accept");
    switch (request.accepts(["application/json", "text/markdown", "text/html"])) {
      case "text/markdown":
        response.type("text/markdown").send(asDocument(article));
        return null;
      case "text/html":
        // The text is a model's: even sanitised it gets no right to run or load anything.
        response.set(
          "Content-Security-Policy",
          "default-src 'none'; img-src https:; style-src 'unsafe-inline'; sandbox",
        );
        response.type("text/html").send(toHtml(asDocument(article)));
        return null;
      case "application/json":
        return reply(200, viewArticle(article, await findPublications(db, tenant, article.id)));
      default:
        throw new RequestError("invalid_input", "Accept must allow application/json, text/markdown or text/html.");
    }
  });

  return router;
}

function viewArticle({ tenant: _, content, ...article }: ArticleRow, publications: readonly PublicationRow[]) {
  return {
    ...article,
    markdown: content,
    scheduledPublishDate: timeOf(article.scheduledPublishDate),
    generationStartedAt: timeOf(article.generationStartedAt),
    generationCompletedAt: timeOf(article.generationCompletedAt),
    createdAt: article.createdAt.toISOString(),
    updatedAt: article.updatedAt.toISOString(),
    publishedAt: timeOf(article.publishedAt),
    publications: publications.map(({ shop, blogId, shopifyId, handle, state, updatedAt }) => ({
      shop,
      blogId,
      shopifyId,
      handle,
      state,
      updatedAt: updatedAt.toISOString(),
    })),
  };
}

import { Router } from "express";
import { type ArticleRow, asDocument, findArticle } from "../../content/articles.ts";
import { toHtml } from "../../content/html.ts";
import type { Db } from "../../db/client.ts";
import { RequestError } from "../../errors.ts";
import { tenantOf } from "../auth.ts";

/** Reads articles as JSON, Markdown or HTML, by `Accept`. */
export function articleRoutes(db: Db): Router {
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
        response.type("text/html").send(toHtml(asDocument(article)));
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

function viewArticle(article: ArticleRow) {
  const { tenant: _, content, ...rest } = article;
  return { ...rest, markdown: content };
}

import { z } from "zod";
import { route } from "../../route.ts";
import { Article } from "../../schemas/content/article.ts";

export const getArticle = route({
  id: "getArticle",
  method: "get",
  path: "/v1/articles/{id}",
  tag: "articles",
  summary: "Read an article, as JSON, Markdown or HTML",
  params: z.object({ id: z.string().meta({ description: "The id of an article" }) }),
  answers: { 200: { description: "The article", schema: Article, also: ["text/markdown", "text/html"] } },
  problems: ["not_found"],
});

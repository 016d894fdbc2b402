import { defineJob } from "../../src/author/index.ts";
import { analyzing } from "./analyzing.ts";
import { recordArticle } from "./article-row.ts";
import { finalizing } from "./finalizing.ts";
import { optimizing } from "./optimizing.ts";
import { ArticleInput } from "./request.ts";
import { structuring } from "./structuring.ts";
import { writing } from "./writing.ts";

/** An article from a topic: planned, written in sections, revised, scored and kept for an editor. */
export const article = defineJob({
  type: "article",
  description: "Writes an article on a topic: brief, outline, sections, revision, score.",
  input: ArticleInput,
  phases: [analyzing, structuring, writing, optimizing, finalizing],
  record: recordArticle,
});

import { defineJob } from "galley/author";
import { analyzing } from "./phases/analyzing.ts";
import { finalizing } from "./phases/finalizing.ts";
import { optimizing } from "./phases/optimizing.ts";
import { publishing } from "./phases/publishing.ts";
import { structuring } from "./phases/structuring.ts";
import { writing } from "./phases/writing.ts";
import { checkShop } from "./prepare.ts";
import { recordArticle } from "./record.ts";
import { ArticleInput } from "./request.ts";

/**
 * An article from a topic: planned, written in sections, revised, scored and kept for an editor, and published where the request says so. Each phase says in its
 * file what share of the percentage it has (`weight`).
 */
export const article = defineJob({
  type: "article",
  // Since requests say where to publish.
  version: 2,
  description: "Writes an article on a topic: brief, outline, sections, revision, score.",
  input: ArticleInput,
  example: { topic: { title: "How to choose a road bike", keywords: "road bike, beginner" }, targetWordCount: 600 },
  phases: [analyzing, structuring, writing, optimizing, finalizing, publishing],
  prepares: ({ publish }) => publish !== undefined,
  prepare: checkShop,
  record: recordArticle,
});

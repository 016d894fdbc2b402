import { defineJob } from "galley/author";
import { comparing } from "./comparing.ts";
import { takeArticle } from "./prepare.ts";
import { ArticleRefreshInput } from "./request.ts";
import { reviewing } from "./reviewing.ts";
import { revising } from "./revising.ts";

const sentence = "You need a little patience and a warm place for it.";
const section = (heading: string) => `## ${heading}\n\n${Array.from({ length: 6 }, () => sentence).join(" ")}`;

/** A better version of an article, by the checks of `article/seo/`, with what it changes. */
export const articleRefresh = defineJob({
  type: "article_refresh",
  description: "Revises an article where its SEO checks are weak, and shows the difference.",
  input: ArticleRefreshInput,
  example: {
    article: {
      title: "Sourdough bread at home",
      markdown: [sentence, section("The starter"), section("The oven"), section("Your next loaf")].join("\n\n"),
      keywords: ["sourdough bread", "starter", "proofing"],
    },
  },
  phases: [reviewing, revising, comparing],
  prepare: takeArticle,
  record: async (_tx, _job, { wordCount, seoScore }) => ({ wordCount, seoScore }),
});

import { createPatch } from "diff";
import { definePhase } from "galley/author";
import { z } from "zod";
import { promptVersion } from "../article/prompts.ts";
import { SeoReport, scoreSeo } from "../article/seo/score.ts";
import { findClaims } from "../article/write/claims.ts";
import { scoredOf } from "../article/write/manuscript.ts";
import { Claim } from "../text/claims.ts";
import { wordsOf } from "../text/markdown.ts";
import { Revised } from "./revising.ts";

const Weak = SeoReport.shape.checks;

/** The revision. The article that Galley keeps stays as it is: an editor decides. */
export const Revision = z.object({
  articleId: z.uuid().nullable(),
  title: z.string(),
  metaTitle: z.string(),
  metaDescription: z.string(),
  /** Without the title. */
  markdown: z.string(),
  language: z.string(),
  isChanged: z.boolean(),
  /** Of the text, by lines, in the unified format. Empty if nothing has changed. */
  diff: z.string(),
  seoScoreBefore: z.int(),
  seoScore: z.int(),
  /** The checks that were not passed, and those that still are not. */
  weakBefore: Weak,
  weak: Weak,
  /** Statements that the revision has added and that nothing backs. */
  claims: z.array(Claim),
  needsReview: z.boolean(),
  wordCount: z.int(),
  promptVersion: z.string(),
});

/** Says what the revision changes and what it wins, and notes what an editor must verify of it. */
export const comparing = definePhase({
  name: "comparing",
  label: "Comparing the revision",
  weight: 10,
  input: Revised,
  output: Revision,
  async run(context) {
    const { articleId, original, revised } = context.input;
    const { id } = context.job;
    const [before, after] = [scoredOf(original, id), scoredOf(revised, id)];
    const [reportBefore, report] = [scoreSeo(before), scoreSeo(after)];
    const hasNewText = before.markdown !== after.markdown;
    const found = hasNewText ? await findClaims(context, revised, id) : [];
    const claims = found.filter(({ quote }) => !before.markdown.includes(quote));
    return {
      articleId,
      title: revised.request.topic.title,
      metaTitle: after.metaTitle,
      metaDescription: after.metaDescription,
      markdown: after.markdown,
      language: after.language,
      isChanged:
        hasNewText || before.metaTitle !== after.metaTitle || before.metaDescription !== after.metaDescription,
      diff: hasNewText ? createPatch("article.md", `${before.markdown}\n`, `${after.markdown}\n`) : "",
      seoScoreBefore: reportBefore.score,
      seoScore: report.score,
      weakBefore: weakOf(reportBefore),
      weak: weakOf(report),
      claims,
      needsReview: claims.length > 0,
      wordCount: wordsOf(after.markdown, after.language),
      promptVersion,
    };
  },
});

const weakOf = ({ checks }: SeoReport) => checks.filter(({ status }) => status === "partial" || status === "fail");

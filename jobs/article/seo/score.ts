import { z } from "zod";
import { blocksOf, parseMarkdown } from "../../text/markdown.ts";
import { countWords } from "../../text/words.ts";
import { type Check, type Finding, rounded, type Scored } from "./finding.ts";
import { headChecks } from "./head.ts";
import { structureChecks } from "./structure.ts";
import { wordingChecks } from "./wording.ts";

/** The rubric. Its weights add up to 100. */
export const seoChecks: readonly Check[] = [...headChecks, ...structureChecks, ...wordingChecks];

export const SeoReport = z.object({
  /** Changes with every change of a check: scores of different rubrics cannot be compared. */
  rubric: z.literal("seo-1"),
  score: z.int().min(0).max(100),
  checks: z.array(
    z.object({
      id: z.string(),
      weight: z.number(),
      earned: z.number(),
      status: z.enum(["pass", "partial", "fail", "n/a"]),
      value: z.union([z.string(), z.number(), z.null()]),
      expected: z.string(),
      hint: z.string(),
    }),
  ),
});
export type SeoReport = z.output<typeof SeoReport>;

/** Scores an article by counting, so the same article always gets the same score. Leaves out checks that do not apply. */
export function scoreSeo(scored: Scored): SeoReport {
  const root = parseMarkdown(scored.markdown);
  const blocks = blocksOf(root);
  const text = blocks.map((block) => block.text).join("\n");
  const article = { ...scored, root, blocks, text, words: countWords(text, scored.language) };
  const checks = seoChecks.map(({ id, weight, expected, hint, find }) => {
    const { share, value } = find(article);
    return { id, weight, earned: rounded(weight * (share ?? 0)), status: statusOf(share), value, expected, hint };
  });
  const applicable = checks.filter(({ status }) => status !== "n/a");
  const possible = applicable.reduce((sum, { weight }) => sum + weight, 0);
  const earned = applicable.reduce((sum, check) => sum + check.earned, 0);
  return { rubric: "seo-1", score: Math.round((100 * earned) / possible), checks };
}

function statusOf(share: Finding["share"]) {
  if (share === null) return "n/a" as const;
  if (share >= 1) return "pass" as const;
  return share > 0 ? ("partial" as const) : ("fail" as const);
}

import { parseMarkdown, plainText } from "../../text/markdown.ts";
import { countPhrase, countWords, sentencesOf } from "../../text/words.ts";
import type { SeoReport } from "../seo/score.ts";
import { inOrder } from "./draft.ts";
import type { Manuscript } from "./manuscript.ts";

/** What a revision should change, and why. */
export type Proposal = {
  /** The title, description and headings, or a part by its place in the article. */
  target: "head" | number;
  problems: string[];
  /** The points of the score that its checks have lost. */
  lost: number;
};

/** What could be revised, the largest loss first. Checks that no revision can change give no proposal. */
export function proposalsFor(manuscript: Manuscript, report: SeoReport): Proposal[] {
  const byTarget = new Map<Proposal["target"], Proposal>();
  for (const check of report.checks) {
    const target =
      check.status === "n/a" || check.status === "pass" ? undefined : targetOf(check.id, manuscript, check.value);
    if (target === undefined) continue;
    const proposal = byTarget.get(target) ?? { target, problems: [], lost: 0 };
    proposal.problems.push(`${check.id} is ${check.value ?? "missing"}, expected ${check.expected}. ${check.hint}`);
    proposal.lost += check.weight - check.earned;
    byTarget.set(target, proposal);
  }
  return [...byTarget.values()].sort((one, other) => other.lost - one.lost);
}

const headChecks = new Set(["title_length", "title_has_focus", "meta_length", "meta_has_focus", "focus_in_h2"]);

function targetOf(
  id: string,
  manuscript: Manuscript,
  value: string | number | null,
): Proposal["target"] | undefined {
  if (headChecks.has(id)) return "head";
  const { brief, request, outline } = manuscript;
  const { language } = request;
  const texts = inOrder(manuscript.draft).map((text) => plainText(parseMarkdown(text)));
  const focus = (text: string) => countPhrase(text, brief.focusKeyword, language);
  const words = (text: string) => countWords(text, language);
  switch (id) {
    case "focus_in_first_100_words":
      return 0;
    case "focus_density":
      return mostOf(texts, Number(value) > 2.5 ? focus : (text) => words(text) / (1 + focus(text)));
    case "secondary_keywords_used": {
      const missing = brief.secondaryKeywords.filter((keyword) =>
        texts.every((text) => countPhrase(text, keyword, language) === 0),
      );
      return sectionWithMost(
        outline.sections,
        ({ keywords }) => keywords.filter((keyword) => missing.includes(keyword)).length,
      );
    }
    case "internal_link":
      return sectionWithMost(
        outline.sections,
        ({ linkIndexes, productIds }) => linkIndexes.length + productIds.length,
      );
    case "flesch":
    case "long_sentences":
      return mostOf(texts, (text) => words(text) / Math.max(1, sentencesOf(text, language).length));
    case "long_paragraphs":
      return mostOf(texts, (text) => Math.max(...text.split("\n").map(words)));
    default:
      return undefined;
  }
}

function mostOf<Item>(items: readonly Item[], measure: (item: Item) => number): number {
  const measures = items.map(measure);
  return measures.indexOf(Math.max(...measures));
}

// In the order of the parts the introduction comes first, so section 0 is part 1.
const sectionWithMost: typeof mostOf = (sections, measure) => mostOf(sections, measure) + 1;

import { z } from "zod";
import type { Asking } from "../../text/ask.ts";
import { bannedWords } from "../../text/faults.ts";
import { distinct, plainLine } from "../../text/words.ts";
import { askObject } from "../prompts.ts";
import { scoreSeo } from "../seo/score.ts";
import { draftOf, inOrder } from "./draft.ts";
import { problemsOf } from "./faults.ts";
import { type Manuscript, scoredOf } from "./manuscript.ts";
import { framedParts } from "./part.ts";
import { type Proposal, proposalsFor } from "./proposals.ts";
import { rewritePart } from "./write-part.ts";

const headTask = `
Improve what search results show of this article, so that nothing in "problems" is left. What is good already stays.
- metaTitle: 30 to 60 characters, with the focus keyword near its beginning.
- metaDescription: 120 to 160 characters, with the focus keyword, saying what the reader gets.
- heading: what "heading" says, with the focus keyword in it.`;

const Head = z.object({ metaTitle: z.string(), metaDescription: z.string(), heading: z.string() });

/**
 * Revises what costs the SEO score most, one target after the other, at most `max` of them. A change that lowers the
 * score, or that gives a part more problems than it had, is not kept.
 */
export async function revise(
  context: Asking,
  manuscript: Manuscript,
  { jobId, max, onRevised }: { jobId: string; max: number; onRevised: (count: number) => Promise<void> },
): Promise<Manuscript> {
  const score = (one: Manuscript) => scoreSeo(scoredOf(one, jobId));
  const tried = new Set<Proposal["target"]>();
  let best = manuscript;
  for (let count = 1; count <= max; count += 1) {
    const proposal = proposalsFor(best, score(best)).find(({ target }) => !tried.has(target));
    if (!proposal) break;
    tried.add(proposal.target);
    const key = `revise:${count}`;
    const changes = await changesFor(context, best, proposal, key);
    for (const change of changes) {
      const changed = change(best);
      if (score(changed).score >= score(best).score) best = changed;
    }
    await onRevised(count);
  }
  return best;
}

type Change = (manuscript: Manuscript) => Manuscript;

async function changesFor(
  context: Asking,
  manuscript: Manuscript,
  proposal: Proposal,
  key: string,
): Promise<Change[]> {
  const { target, problems } = proposal;
  return target === "head"
    ? await changeHead(context, manuscript, problems, key)
    : await changePart(context, manuscript, target, problems, key);
}

async function changeHead(
  context: Asking,
  manuscript: Manuscript,
  problems: string[],
  key: string,
): Promise<Change[]> {
  const { request, brief, outline } = manuscript;
  const allowed = (text: string, max: number) =>
    bannedWords(text, request).length > 0 ? "" : plainLine(text, max);
  const answer = await askObject(context, {
    key,
    label: "Revising title and description",
    task: headTask,
    data: {
      language: request.language,
      title: request.topic.title,
      focusKeyword: brief.focusKeyword,
      tone: request.topic.tone,
      brand: request.brand ?? null,
      problems,
      current: { metaTitle: outline.metaTitle, metaDescription: outline.metaDescription },
      heading: outline.sections[0]?.heading ?? null,
    },
    words: 100,
    name: "head",
    schema: Head,
  });
  const heading = allowed(answer.heading, 100);
  return [
    withOutline({ metaTitle: allowed(answer.metaTitle, 200) || outline.metaTitle }),
    withOutline({ metaDescription: allowed(answer.metaDescription, 160) || outline.metaDescription }),
    ...(problems.some((problem) => problem.startsWith("focus_in_h2")) ? [withFirstHeading(heading)] : []),
  ];
}

async function changePart(
  context: Asking,
  manuscript: Manuscript,
  index: number,
  problems: string[],
  key: string,
): Promise<Change[]> {
  const texts = inOrder(manuscript.draft);
  const part = inOrder(framedParts(manuscript, manuscript.draft.sections))[index];
  const draft = texts[index];
  if (!part || draft === undefined) return [];
  const text = await rewritePart(context, part, { key, draft, problems });
  const [before, after] = await Promise.all([draft, text].map((one) => problemsOf(one, manuscript.request, part)));
  const isWorse = (after?.length ?? 0) > (before?.length ?? 0);
  return isWorse ? [] : [(one) => ({ ...one, draft: draftOf(texts.with(index, text)) })];
}

const withOutline =
  (changed: Partial<Manuscript["outline"]>): Change =>
  (manuscript) => ({ ...manuscript, outline: { ...manuscript.outline, ...changed } });

const withFirstHeading =
  (heading: string): Change =>
  (manuscript) => {
    const [first, ...others] = manuscript.outline.sections;
    const headings = [heading, ...others.map((section) => section.heading)];
    if (!first || heading === "" || distinct(headings).length < headings.length) return manuscript;
    return withOutline({ sections: [{ ...first, heading }, ...others] })(manuscript);
  };

import { definePhase } from "galley/author";
import { inParallel } from "../../text/parallel.ts";
import { Plan } from "../plan/plan.ts";
import { balance } from "../write/balance.ts";
import { draftOf, inOrder } from "../write/draft.ts";
import { Manuscript } from "../write/manuscript.ts";
import { framedParts, sectionPart } from "../write/part.ts";
import { writePart } from "../write/write-part.ts";

const sectionsAtOnce = 3;

/** Writes the sections, a few at once, then introduction and conclusion, then brings the whole to its length. */
export const writing = definePhase({
  name: "writing",
  // Since requests say where to publish.
  version: 2,
  label: "Writing the sections",
  weight: 60,
  retryLimit: 4,
  expireInSeconds: 15 * 60,
  input: Plan,
  output: Manuscript,
  async run(context) {
    const plan = context.input;
    const { request, outline } = plan;
    const of = outline.sections.length + 2;
    let done = 0;
    const reportProgress = (currentStep: string) => context.progress({ done, of, currentStep });

    const sections = await inParallel(outline.sections, sectionsAtOnce, async (section) => {
      const text = await writePart(context, request, sectionPart(plan, section));
      done += 1;
      await reportProgress(`Writing ${done} of ${outline.sections.length} sections`);
      return text;
    });

    const parts = framedParts(plan, sections);
    const intro = await writePart(context, request, parts.intro);
    done += 1;
    await reportProgress(parts.conclusion.label);
    const conclusion = await writePart(context, request, parts.conclusion);
    done += 1;
    await reportProgress("Checking the length");

    const texts = await balance(context, plan, inOrder(parts), inOrder({ intro, sections, conclusion }));
    return { ...plan, draft: draftOf(texts) };
  },
});

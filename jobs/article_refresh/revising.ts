import { definePhase } from "galley/author";
import { Manuscript } from "../article/write/manuscript.ts";
import { revise } from "../article/write/revision.ts";
import { keepingEmbedded } from "./manuscript.ts";
import { Reviewed } from "./reviewing.ts";

export const Revised = Reviewed.extend({ revised: Manuscript });

/** Has the model revise the sections that cost the score most. A revision that lost a link, image or table is not taken. */
export const revising = definePhase({
  name: "revising",
  label: "Revising the article",
  weight: 85,
  expireInSeconds: 10 * 60,
  input: Reviewed,
  output: Revised,
  async run(context) {
    const { input, job, progress } = context;
    const { original, maxRevisions: max } = input;
    const revised = await revise(context, original, {
      jobId: job.id,
      max,
      onRevised: (done) => progress({ done, of: max, currentStep: `Revised ${done} of at most ${max} parts` }),
    });
    return { ...input, revised: keepingEmbedded(original, revised) };
  },
});

import { definePhase } from "galley/author";
import { z } from "zod";
import { Claim } from "../../text/claims.ts";
import { findClaims } from "../write/claims.ts";
import { Manuscript } from "../write/manuscript.ts";
import { revise } from "../write/revision.ts";

export const Optimized = Manuscript.extend({ claims: z.array(Claim) });

const maxRevisions = 2;

/** Revises what costs the SEO score most, and notes what an editor must verify. */
export const optimizing = definePhase({
  name: "optimizing",
  // Since requests say where to publish.
  version: 2,
  label: "Optimizing the article",
  weight: 15,
  expireInSeconds: 10 * 60,
  input: Manuscript,
  output: Optimized,
  async run(context) {
    const { input, job, progress } = context;
    const max = input.request.optimizeForSEO ? maxRevisions : 0;
    const of = maxRevisions + 1;
    const revised = await revise(context, input, {
      jobId: job.id,
      max,
      onRevised: (done) => progress({ done, of, currentStep: `Revised ${done} of at most ${max} parts` }),
    });
    await progress({ done: maxRevisions, of, currentStep: "Checking the claims" });
    return { ...revised, claims: await findClaims(context, revised, job.id) };
  },
});

import type { Asking } from "../../text/ask.ts";
import { faultsOf } from "../../text/faults.ts";
import { wordsOf } from "../../text/markdown.ts";
import type { Plan } from "../plan/plan.ts";
import { targetWordsOf } from "../request.ts";
import { assemble, draftOf } from "./draft.ts";
import type { Part } from "./part.ts";
import { rewritePart } from "./write-part.ts";

const tolerance = 0.1;
const maxRounds = 2;

/**
 * Brings the whole article to its length: parts that are each a little too long add up to one that is much too long.
 * While the length is off by more than a tenth, the part that is furthest off is written once more, in at most two
 * rounds. The new text is kept if the article comes closer to its length and the part has no more faults than before.
 * Gives the texts in the order of their parts.
 */
export async function balance(context: Asking, plan: Plan, parts: Part[], written: string[]): Promise<string[]> {
  const { language } = plan.request;
  const target = targetWordsOf(plan.request);
  const measure = (some: string[]) => wordsOf(assemble(plan.outline, draftOf(some)), language);
  let texts = written;
  for (let round = 1; round <= maxRounds; round += 1) {
    const surplus = measure(texts) - target;
    if (Math.abs(surplus) <= target * tolerance) break;
    const furthest = parts
      .map((part, index) => {
        const draft = texts[index] ?? "";
        const words = wordsOf(draft, language);
        return { part, index, draft, words, off: (words - part.targetWords) * Math.sign(surplus) };
      })
      .reduce((worst, one) => (one.off > worst.off ? one : worst));
    const { part, index, draft, words } = furthest;
    const targetWords = Math.round(Math.min(words * 1.6, Math.max(words * 0.5, words - surplus)));
    const problems = [`It has ${words} words, and should have ${targetWords}, to make up for other parts.`];
    const changed = { ...part, targetWords, data: { ...part.data, targetWords } };
    const text = await rewritePart(context, changed, { key: `${part.key}:length:${round}`, draft, problems });
    const balanced = texts.with(index, text);
    const isCloser = Math.abs(measure(balanced) - target) < Math.abs(surplus);
    const [before, after] = [await faultsOf(draft, plan.request), await faultsOf(text, plan.request)];
    if (isCloser && after.length <= before.length) texts = balanced;
  }
  return texts;
}

import { z } from "zod";
import type { Asking, createAsk } from "./ask.ts";
import { bannedWords, type Rules } from "./faults.ts";
import { parseMarkdown, plainText } from "./markdown.ts";

/** Something in a text that an editor should look at before it is published. */
export const Claim = z.object({
  quote: z.string(),
  reason: z.string(),
  severity: z.enum(["low", "medium", "high"]),
});
export type Claim = z.output<typeof Claim>;

const taskOn = (what: string) => `
Check the ${what} for statements that an editor must verify before it is published: figures, prices, tests, comparisons, quotations, medical or legal advice, experiences such as "we tested" - whatever "facts" does not back and is not common knowledge.
For each one: quote, word for word from the ${what} and at most one sentence; reason, in one sentence; severity, high where it could harm or mislead the reader.
No such statement, no entry.`;

const Claims = z.object({ claims: z.array(Claim) });
const maxClaims = 20;

/**
 * The statements of a text that nothing backs. The text is not changed: only an editor can tell whether a statement is true.
 * `what`: how the task and the data call the text. `data`: what the model must know beside it.
 */
export async function findClaimsIn(
  context: Asking,
  askObject: ReturnType<typeof createAsk>["askObject"],
  { what, text, data }: { what: string; text: string; data: Record<string, unknown> },
): Promise<Claim[]> {
  const { claims } = await askObject(context, {
    key: "claims",
    label: "Checking the claims",
    task: taskOn(what),
    data: { ...data, [what]: text },
    words: 800,
    name: "claims",
    schema: Claims,
  });
  const whole = squeezed(plainText(parseMarkdown(text)));
  // The model quotes word for word. A quote that is not in the text is invented, so its claim is dropped.
  const found = claims.filter(({ quote }) => squeezed(quote) !== "" && whole.includes(squeezed(quote)));
  return found.slice(0, maxClaims);
}

/** The brand's banned words that a text uses, as claims. */
export const bannedClaims = (text: string, rules: Rules): Claim[] =>
  bannedWords(text, rules).map((word) => ({
    quote: word,
    reason: "The brand never uses this word.",
    severity: "high",
  }));

const squeezed = (text: string): string =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\s*_`]+/g, " ")
    .trim();

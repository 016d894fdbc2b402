const lengths = { short: 500, medium: 1000, long: 1500, comprehensive: 2000 } as const;

export type LegacyLength = keyof typeof lengths;

const fewestWords = 300;
const mostWords = 4_000;

/**
 * The length that is meant, by its word ("Medium (800-1500 words)") or by its number of words ("~1200 words", 1500),
 * which the answer then names too. Undefined for what names neither.
 */
export function lengthOf(given: unknown): { length: LegacyLength; words?: number } | undefined {
  const word = typeof given === "string" && /short|medium|long|comprehensive/i.exec(given)?.[0];
  if (word) return { length: word.toLowerCase() as LegacyLength };
  const words = wordsOf(given);
  if (words === undefined) return undefined;
  const names = Object.keys(lengths) as LegacyLength[];
  const distance = (name: LegacyLength) => Math.abs(lengths[name] - words);
  return { length: names.reduce((best, name) => (distance(name) < distance(best) ? name : best)), words };
}

/**
 * A number of words, from 300 to 4,000: what is beyond is brought within. A text may hold a number ("~1,200 words") or
 * a range, whose middle is meant. Undefined for 0, as the former system took it, and for what holds no number.
 */
export function wordsOf(given: unknown): number | undefined {
  const number = typeof given === "string" ? numberIn(given) : given;
  if (typeof number !== "number" || Number.isNaN(number) || number === 0) return undefined;
  return Math.round(Math.min(mostWords, Math.max(fewestWords, number)));
}

function numberIn(text: string): number | undefined {
  const ungrouped = text.replace(/(\d)[,.' ](?=\d{3}(?!\d))/g, "$1");
  const [, from, to] = /(\d+)(?:\s*(?:-|–|—|to)\s*(\d+))?/.exec(ungrouped) ?? [];
  if (from === undefined) return undefined;
  return to === undefined ? Number(from) : (Number(from) + Number(to)) / 2;
}

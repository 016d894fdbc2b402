import type { Sentence } from "./sentences.ts";

/** Up to two of the candidates: those whose words together come closest to `words`. */
export function lastSentences(words: number, candidates: readonly Sentence[]): Sentence[] {
  let best: Sentence[] = [];
  let miss = Math.max(0, words);
  const consider = (...sentences: Sentence[]) => {
    const off = Math.abs(words - sentences.reduce((sum, sentence) => sum + sentence.words, 0));
    if (off >= miss) return;
    best = sentences;
    miss = off;
  };
  for (const one of candidates) consider(one);
  for (const [at, one] of candidates.entries()) for (const two of candidates.slice(at + 1)) consider(one, two);
  return best;
}

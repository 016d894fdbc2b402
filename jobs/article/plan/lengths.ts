export const fewestSections = 3;
const mostSections = 9;

/** How many sections suit a length. */
export const sectionsFor = (targetWords: number): number =>
  clamp(Math.round(targetWords / 200), fewestSections, mostSections);

/** The most sections for a length: with more of them a section would have under 75 words. */
export const mostSectionsFor = (targetWords: number): number =>
  clamp(Math.floor(targetWords / 75), fewestSections, mostSections);

/**
 * Shares out the words of an article: a tenth for the introduction, 8 % for the conclusion, the rest by weight,
 * no section under half or over twice the average. Each section's heading is taken from its share.
 */
export function shareWords(
  targetWords: number,
  sections: { weight: number; headingWords: number }[],
): { intro: number; sections: number[]; conclusion: number } {
  const intro = Math.round(targetWords * 0.1);
  const conclusion = Math.round(targetWords * 0.08);
  const total = targetWords - intro - conclusion;
  const known = sections.map(({ weight }) => (Number.isFinite(weight) && weight > 0 ? weight : 0));
  const average = known.reduce((sum, weight) => sum + weight, 0) / sections.length || 1;
  const weights = known.map((weight) => clamp(weight, average / 2, average * 2));
  const sum = weights.reduce((all, weight) => all + weight, 0);
  let before = 0;
  const shares = weights.map((_, index) => {
    // The border between two sections is rounded, not each share, so that the shares add up to the total.
    const end = Math.round((total * weights.slice(0, index + 1).reduce((all, weight) => all + weight, 0)) / sum);
    const share = end - before;
    before = end;
    return share;
  });
  return {
    intro,
    sections: shares.map((share, index) => Math.max(1, share - (sections[index]?.headingWords ?? 0))),
    conclusion,
  };
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

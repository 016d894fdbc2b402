// The templates that the former front end offers, each by the letters that name it however it is written.
const templates = [
  ["artistshowcase", "Artist Showcase"],
  ["productshowcase", "Product Showcase"],
  ["howto", "How-to Guide"],
  ["buying", "Buying Guide"],
  ["industrytrend", "Industry Trends"],
  ["comparison", "Comparison Article"],
  ["review", "Review Article"],
  ["seasonal", "Seasonal Content"],
  ["problemsolution", "Problem-Solution"],
] as const;

export type LegacyTemplate = (typeof templates)[number][1];

/**
 * The template that is meant: "How-To Guide", "how_to" and "Beginner's How-to" are all the "How-to Guide". Undefined
 * for any other name, which the former system took as well: the job's own default holds then.
 */
export function templateOf(given: unknown): LegacyTemplate | undefined {
  if (typeof given !== "string") return undefined;
  const letters = given.toLowerCase().replace(/[^a-z]/g, "");
  return templates.find(([name]) => letters.includes(name))?.[1];
}

/** What a person reads of a result, by the names of its fields: texts and lists of lines, and facts of a few words. */
export type Parts = { texts: [string, string | string[]][]; facts: [string, string][] };

// Beyond it a text does not fit beside its name.
const fewLetters = 60;

/** The readable parts of a result: its title first, then the longest. Empty parts, and what holds more than lines, are left out. */
export function partsOf(result: unknown): Parts {
  const parts: Parts = { texts: [], facts: [] };
  if (typeof result === "string") return { ...parts, texts: [["text", result]] };
  if (typeof result !== "object" || result === null || Array.isArray(result)) return parts;
  for (const [name, value] of Object.entries(result)) {
    if (value === "" || (Array.isArray(value) && value.length === 0)) continue;
    if (areLines(value)) parts.texts.push([name, value]);
    else if (typeof value === "boolean") parts.facts.push([name, value ? "Yes" : "No"]);
    else if (typeof value === "number") parts.facts.push([name, String(value)]);
    else if (typeof value === "string")
      (name === "title" || value.length > fewLetters ? parts.texts : parts.facts).push([name, value]);
  }
  parts.texts.sort((one, other) => weightOf(other) - weightOf(one));
  return parts;
}

const areLines = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((line) => typeof line === "string");

const weightOf = ([name, text]: Parts["texts"][number]): number =>
  name === "title" ? Number.POSITIVE_INFINITY : [text].flat().join("").length;

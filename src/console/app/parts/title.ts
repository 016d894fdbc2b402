const telling = ["title", "name", "subject", "topic", "headline", "question", "prompt", "text"];

/** What a job is about, by its input: what is called its title, wherever it stands, else its first text. */
export function titleOf(job: { type: string; input?: unknown }): string {
  const found = findText(job.input, telling) ?? findText(job.input, null);
  return found === null ? `A job of the type ${job.type}` : shorten(found);
}

function findText(value: unknown, names: readonly string[] | null): string | null {
  if (typeof value !== "object" || value === null) return null;
  const entries = Object.entries(value);
  for (const name of names ?? entries.map(([key]) => key)) {
    const text = (value as Record<string, unknown>)[name];
    if (typeof text === "string" && text.trim() !== "") return text.trim();
  }
  for (const [, part] of entries) {
    const text = Array.isArray(part) ? null : findText(part, names);
    if (text !== null) return text;
  }
  return null;
}

const shorten = (text: string): string => (text.length > 120 ? `${text.slice(0, 119).trimEnd()}…` : text);

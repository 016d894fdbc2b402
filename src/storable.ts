/**
 * What PostgreSQL can store. Neither text nor jsonb takes the character NUL or half of a surrogate pair, and a model or a
 * handler may give either. NUL is dropped; half a pair becomes U+FFFD.
 */
export const storableText = (text: string): string => text.replaceAll("\0", "").toWellFormed();

/** The value as JSON that PostgreSQL stores, keys included. Throws TypeError for what JSON cannot say: a BigInt, a circle. */
export function storableJson(value: unknown): string {
  const json = JSON.stringify(value) ?? "null";
  return json.includes("\\u") ? json.replace(escapes, mend) : json;
}

/** An array of rows as JSON: each an object with one more member, whose value is JSON already. */
export function rowsWithJson(member: string, rows: readonly { row: object; json: string }[]): string {
  const texts = rows.map(({ row, json }) => `${storableJson(row).slice(0, -1)},${JSON.stringify(member)}:${json}}`);
  return `[${texts.join(",")}]`;
}

// JSON.stringify escapes half a pair, but never a whole one. An escaped backslash before a "u" is a text about escapes.
const escapes = /\\\\|\\u0000|\\ud[89a-f][0-9a-f]{2}/g;

const mend = (found: string): string => (found === "\\\\" ? found : found === "\\u0000" ? "" : "\ufffd");

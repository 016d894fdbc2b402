import { isRecord, type JsonRecord } from "../json.ts";

/** Bounds the work: every brace in prose could begin an object, and each try may read to the end of the text. */
const maxFailedTries = 50;

/** The JSON objects in a text, in their order, without those inside of another. */
export function jsonObjects(text: string): JsonRecord[] {
  const found: JsonRecord[] = [];
  let failed = 0;
  let start = text.indexOf("{");
  while (start !== -1 && failed < maxFailedTries) {
    const end = closingBrace(text, start);
    const object = end === -1 ? null : parsed(text.slice(start, end + 1));
    if (object) found.push(object);
    else failed += 1;
    start = text.indexOf("{", object ? end + 1 : start + 1);
  }
  return found;
}

function closingBrace(text: string, start: number): number {
  let depth = 0;
  let quoted = false;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (quoted) {
      if (character === "\\") at += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === "{") depth += 1;
    else if (character === "}") {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}

function parsed(text: string): JsonRecord | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

const segmenter = new Intl.Segmenter("en", { granularity: "word" });

/** A rough count, near enough to a real tokenizer for costs and limits to look right. */
const charactersPerToken = 8;

export function countTokens(text: string): number {
  return pieces(text).reduce((sum, { tokens }) => sum + tokens, 0);
}

/** As much of a text as fits into `limit` tokens, in chunks of about five words. */
export function cutToTokens(text: string, limit: number): { chunks: string[]; tokens: number; truncated: boolean } {
  const chunks: string[] = [];
  let tokens = 0;
  let chunk = "";
  let inChunk = 0;
  let truncated = false;
  for (const piece of pieces(text)) {
    truncated = tokens + piece.tokens > limit;
    if (truncated) break;
    chunk += piece.text;
    tokens += piece.tokens;
    inChunk += 1;
    if (inChunk < 6) continue;
    chunks.push(chunk);
    chunk = "";
    inChunk = 0;
  }
  if (chunk !== "") chunks.push(chunk);
  return { chunks, tokens, truncated };
}

/** Words, and marks between them. A space belongs to what follows it. */
function pieces(text: string): { text: string; tokens: number }[] {
  const found: { text: string; tokens: number }[] = [];
  let space = "";
  for (const { segment } of segmenter.segment(text)) {
    if (segment.trim() === "") {
      space += segment;
      continue;
    }
    found.push({ text: space + segment, tokens: Math.ceil(segment.length / charactersPerToken) });
    space = "";
  }
  if (space !== "") found.push({ text: space, tokens: 1 });
  return found;
}

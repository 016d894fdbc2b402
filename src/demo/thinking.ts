import { type Chunk, textIn, withContent } from "./shape.ts";

/** Puts this before the first piece of text. */
export function thinkingBefore(thinking: string): (chunk: Chunk) => Chunk[] {
  let isFirst = true;
  return (chunk) => {
    if (!isFirst || textIn(chunk) === "") return [chunk];
    isFirst = false;
    return [withContent(chunk, `${thinking}${textIn(chunk)}`)];
  };
}

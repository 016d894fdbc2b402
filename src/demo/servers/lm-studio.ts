import { type Shape, textIn, withContent } from "../shape.ts";

/** Puts JSON into a code fence, with a word before it. */
export const lmStudio: Shape = {
  begin() {
    let isJson: boolean | null = null;
    return (chunk) => {
      const text = textIn(chunk);
      if (isJson === null && text !== "") {
        isJson = text.startsWith("{");
        return [isJson ? withContent(chunk, `Here you are:\n\`\`\`json\n${text}`) : chunk];
      }
      const isEnd = chunk.choices[0]?.finish_reason !== null && chunk.choices.length > 0;
      return isJson && isEnd ? [withContent(chunk, "\n```")] : [chunk];
    };
  },
};

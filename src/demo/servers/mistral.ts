import { type Shape, ShapedRefusal, textIn, withContent } from "../shape.ts";

/** Refuses the newer name of the token cap; content in parts, some of them thinking. */
export const mistral: Shape = {
  read(body) {
    if (!("max_completion_tokens" in body)) return body;
    const loc = ["body", "max_completion_tokens"];
    throw new ShapedRefusal(422, {
      detail: [{ type: "extra_forbidden", loc, msg: "Extra inputs are not permitted" }],
    });
  },
  begin() {
    let isFirst = true;
    return (chunk) => {
      const text = textIn(chunk);
      if (text === "") return [chunk];
      const thinking = { type: "thinking", thinking: [{ type: "text", text: "The user asks." }] };
      const parts = [...(isFirst ? [thinking] : []), { type: "text", text }];
      isFirst = false;
      return [withContent(chunk, parts)];
    };
  },
};

import { type Shape, ShapedRefusal, withDelta, withPromptsSchema } from "../shape.ts";

/** Refuses a JSON schema; comments while it is busy; what it thinks in a field of its own. */
export const deepseek: Shape = {
  before: ": keep-alive\n\n".repeat(3),
  read(body) {
    const format = body.response_format as { type?: string } | undefined;
    if (format?.type === "json_object") return withPromptsSchema(body);
    if (format?.type !== "json_schema") return body;
    const message = "This response_format type is unavailable now";
    const code = "invalid_request_error";
    throw new ShapedRefusal(400, { error: { message, type: code, param: null, code } });
  },
  begin() {
    let isFirst = true;
    return (chunk) => {
      const before = isFirst ? [withDelta(chunk, { content: null, reasoning_content: "The user asks." })] : [];
      isFirst = false;
      return [...before, chunk];
    };
  },
};

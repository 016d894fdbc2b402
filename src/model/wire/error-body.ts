/** An error in OpenAI's shape, whatever shape its server gave it. */
export type ErrorObject = {
  code: string | number | null;
  type: string | null;
  param: string | null;
  message: string;
};

/** Finds the error in the body of an answer. Null if it says none. */
export function readErrorBody(body: unknown): ErrorObject | null {
  // Gemini puts it into a list.
  if (Array.isArray(body)) return readErrorBody(body[0]);
  if (!isRecord(body)) return null;
  const { error, detail, message } = body;
  if (isRecord(error)) return fromRecord(error);
  if (typeof error === "string") return { ...nothing, type: text(body.error_type), message: error };
  // FastAPI, and so Mistral and vLLM, name each field that they refuse.
  if (Array.isArray(detail)) return fromDetails(detail.filter(isRecord));
  if (typeof detail === "string") return { ...nothing, message: detail };
  if (typeof message === "string" && body.object !== "chat.completion") return fromRecord(body);
  return null;
}

const nothing: ErrorObject = { code: null, type: null, param: null, message: "" };

function fromRecord(error: Record<string, unknown>): ErrorObject {
  const metadata = isRecord(error.metadata) ? error.metadata : {};
  // OpenRouter's own words are the same for each provider behind it, whose words stand beside them.
  const words = [error.message ?? error.msg, metadata.raw, metadata.reasons]
    .map(text)
    .filter((word) => word !== null);
  return {
    code: codeOf(error.code),
    type: Array.isArray(metadata.reasons) ? "moderation" : text(error.type ?? error.status),
    param: text(error.param),
    message: words.join(": "),
  };
}

function fromDetails(details: Record<string, unknown>[]): ErrorObject {
  const places = details.map(({ loc }) => (Array.isArray(loc) ? loc.map(String) : []));
  return {
    code: text(details[0]?.type),
    type: "invalid_request_error",
    param: places[0]?.at(-1) ?? null,
    message: details.map(({ msg, type }, index) => `${places[index]?.join(".")}: ${text(msg ?? type)}`).join("; "),
  };
}

/** LiteLLM and others send a status as text. */
function codeOf(code: unknown): string | number | null {
  if (typeof code === "number") return code;
  if (typeof code !== "string") return null;
  return /^\d+$/.test(code) ? Number(code) : code;
}

function text(value: unknown): string | null {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? null : JSON.stringify(value);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

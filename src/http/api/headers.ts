import type { ZodOpenApiHeadersObject } from "zod-openapi";

/** The headers of answers that a client may go by. `isAlways`: wherever the document names it the answer has it. */
const catalogue = {
  "X-Request-Id": { isAlways: true, description: "The request's own, or a new one; the log names it" },
  Location: { isAlways: true, description: "Where it can be read" },
  ETag: { isAlways: false, description: "For `If-None-Match`" },
  "Idempotency-Replayed": { isAlways: true, description: "`true`: made by an earlier request with this key" },
  "Preference-Applied": {
    isAlways: false,
    description: "For how long the answer was held, as `Prefer` asked: `wait=20`",
  },
  "Retry-After": { isAlways: false, description: "In how many seconds to ask again" },
  RateLimit: { isAlways: false, description: "How many requests are left to the key, and for how many seconds" },
  "RateLimit-Policy": { isAlways: false, description: "How many requests a key may send in how many seconds" },
  "WWW-Authenticate": { isAlways: true, description: "Which credentials are wanted" },
} as const;

export type ResponseHeader = keyof typeof catalogue;

export const responseHeaders = Object.keys(catalogue) as ResponseHeader[];

/** These headers, as OpenAPI describes them. */
export const describeHeaders = (names: Iterable<ResponseHeader>): ZodOpenApiHeadersObject =>
  Object.fromEntries(
    [...new Set(names)].map((name) => [
      name,
      {
        description: catalogue[name].description,
        schema: { type: "string" },
        ...(catalogue[name].isAlways && { required: true }),
      },
    ]),
  );

/** What any answer of a route has, or may have. */
export const headersOfAny = (isGuarded: boolean): ResponseHeader[] =>
  isGuarded ? ["X-Request-Id", "ETag", "RateLimit", "RateLimit-Policy"] : ["X-Request-Id", "ETag"];

/** What a refusal has beside that, by its status. */
export const headersOfProblem = (status: number): ResponseHeader[] => {
  if (status === 401) return ["WWW-Authenticate"];
  return status === 429 || status === 503 ? ["Retry-After"] : [];
};

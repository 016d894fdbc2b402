// Where providers name a request: OpenAI and most; Anthropic's; AWS; Azure; OpenRouter; Mistral; behind Cloudflare.
const names = [
  "x-request-id",
  "request-id",
  "x-amzn-requestid",
  "apim-request-id",
  "x-generation-id",
  "mistral-correlation-id",
  "cf-ray",
];

/** What the provider calls the request, for its support to find it by. */
export const requestIdIn = (headers: Headers | undefined): string | undefined =>
  names.map((name) => headers?.get(name)).find((id) => typeof id === "string" && id !== "") ?? undefined;

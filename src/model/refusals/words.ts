import type { JobErrorCode } from "../../errors.ts";

/*
 * What servers without a code of their own say of what is wrong. Each line names where its words were found.
 */

type Line = { words: RegExp; code: JobErrorCode; statuses: readonly (number | undefined)[] };

const lines: readonly Line[] = [
  {
    code: "context_length_exceeded",
    statuses: [undefined, 400, 413, 422, 500],
    words: new RegExp(
      [
        // OpenAI, vLLM, DeepSeek, Mistral, LM Studio
        "(context|prompt|model)( length| size| window)? (is |of |has )?(exceed|overflow|too (long|large))",
        "maximum (context|prompt) length",
        "context (length|size|window)",
        // TGI and Together: `inputs` tokens + `max_new_tokens` must be <= 4096
        "max_new_tokens.{0,20}must be <=",
        // Gemini
        "input token count.{0,60}exceeds",
        // Mistral
        "too large for model with",
        // LiteLLM
        "ContextWindowExceeded",
        "too many tokens|prompt is too long",
      ].join("|"),
      "i",
    ),
  },
  {
    // z.ai, DeepSeek, Anthropic, Together, SiliconFlow
    code: "quota_exhausted",
    statuses: [undefined, 400, 402, 403, 429],
    words:
      /insufficient (account )?(balance|credits?|funds)|credit balance|(no|out of|not enough) credits?|please recharge/i,
  },
  {
    // Gemini: API key not valid. xAI: Incorrect API key provided.
    code: "invalid_api_key",
    statuses: [400, 403],
    words:
      /api[ _-]?key.{0,20}(not valid|invalid|incorrect|expired)|(invalid|incorrect|expired|wrong).{0,10}api[ _-]?key/i,
  },
  {
    // vLLM, Groq, xAI, Together, LiteLLM
    code: "model_not_found",
    statuses: [400, 422],
    words:
      /model.{0,80}(not found|does not exist|not exist|is not a valid|not available|unknown)|(unknown|invalid|no such) model/i,
  },
  // OpenRouter
  { code: "content_refused", statuses: [400, 403], words: /moderation|flagged/i },
  // LM Studio
  { code: "wrong_address", statuses: [undefined, 404], words: /unexpected endpoint/i },
];

// What comes later may be quoted from the prompt.
const longestSaid = 300;

/** What an error's words mean with this HTTP status. Undefined for words that are not known. */
export function meaningOf(message: string, status: number | undefined): JobErrorCode | undefined {
  return lines.find(({ words, statuses }) => statuses.includes(status) && words.test(message.slice(0, longestSaid)))
    ?.code;
}

/** A request that is larger than what a minute may hold never fits, however long it waits. */
export function isLargerThanLimit(message: string): boolean {
  const [, limit, requested] = /limit:?\s*([\d,]+)\D{1,40}requested:?\s*([\d,]+)/i.exec(message) ?? [];
  return limit !== undefined && requested !== undefined && numberIn(requested) > numberIn(limit);
}

const numberIn = (digits: string): number => Number(digits.replaceAll(",", ""));

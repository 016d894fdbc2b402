import { z } from "zod";

const seconds = z.number().min(1).max(3_600);

/** What cannot be guessed of a model's server. */
export const ModelOptions = z.strictObject({
  /** The name of the token cap, and how JSON is asked for: what is tried first. */
  tokenLimit: z.enum(["max_tokens", "max_completion_tokens"]).optional(),
  json: z.enum(["json_schema", "json_object", "none"]).optional(),
  /** How long nothing at all may come before the first event, after it, and how long the whole call may take. */
  firstEventSeconds: seconds.optional(),
  silenceSeconds: seconds.optional(),
  totalSeconds: seconds.optional(),
  /** How much a reasoning model thinks. */
  reasoningEffort: z.enum(["none", "minimal", "low", "medium", "high", "xhigh"]).optional(),
  /** Sent with each request, beside what Galley sends. */
  extraBody: z.record(z.string(), z.json()).optional(),
  extraHeaders: z.record(z.string().regex(/^[\w-]+$/), z.string().regex(/^[\x20-\x7e]*$/)).optional(),
});
export type ModelOptions = z.infer<typeof ModelOptions>;

/** The options as they may be shown: header values can be secrets. */
export function describeOptions(options: ModelOptions): string {
  const { extraHeaders, ...others } = options;
  const hidden = extraHeaders && Object.fromEntries(Object.keys(extraHeaders).map((name) => [name, "…"]));
  return JSON.stringify({ ...others, ...(hidden && { extraHeaders: hidden }) });
}

import { z } from "zod";

const seconds = z.number().min(1).max(3_600);
// After five minutes of silence Node's fetch gives up by itself.
const silence = z.number().min(1).max(290);

const tuning = {
  /** The name of the token cap, and how JSON is asked for: what is tried first. */
  tokenLimit: z.enum(["max_tokens", "max_completion_tokens"]).optional(),
  json: z.enum(["json_schema", "json_object", "none"]).optional(),
  /** How long nothing at all may come before the first event, after it, and how long the whole call may take. */
  firstEventSeconds: silence.optional(),
  silenceSeconds: silence.optional(),
  totalSeconds: seconds.optional(),
  /** How much a reasoning model thinks. */
  reasoningEffort: z.enum(["none", "minimal", "low", "medium", "high", "xhigh"]).optional(),
  /** How soon it is served, and at what price: `flex`, `priority` and more, by the provider. */
  serviceTier: z
    .string()
    .regex(/^[a-z_]{1,40}$/, "expected the name of a service tier, like flex")
    .optional(),
  /** Sent with each request, beside what Galley sends. */
  extraBody: z.record(z.string(), z.json()).optional(),
  extraHeaders: z.record(z.string().regex(/^[\w-]+$/), z.string().regex(/^[\x20-\x7e]*$/)).optional(),
};

const isPlace = (name: string): boolean => /^[^/]{1,100}(\/[^/]{1,100})?$/.test(name);

/** What cannot be guessed of a model's server. */
export const ModelOptions = z.strictObject({
  ...tuning,
  /** What is different in a phase, `writing`, or for one kind of its steps, `writing/section`: another model too. */
  phases: z
    .record(z.string(), z.strictObject({ model: z.string().min(1).optional(), ...tuning }))
    .superRefine((phases, context) => {
      for (const name of Object.keys(phases).filter((one) => !isPlace(one))) {
        const message = "expected a phase, like writing, or a phase and a kind of step, like writing/section";
        context.addIssue({ code: "custom", path: [name], message });
      }
    })
    .optional(),
});
export type ModelOptions = z.infer<typeof ModelOptions>;

/** The kind of a step: its key up to the first colon, so that `section:s1` and `section:s2` are of one kind. */
export const kindOf = (step: string): string => step.split(":", 1)[0] ?? step;

/** The places in `phases` that say something of this step, the most particular one last. */
export function placesFor({ phases = {} }: ModelOptions, phase: string, step: string): string[] {
  return [phase, `${phase}/${kindOf(step)}`].filter((name) => Object.hasOwn(phases, name));
}

/** The options as they may be shown: values of headers and texts in the body can be secrets. */
export function shownOptions({
  extraHeaders,
  extraBody,
  phases,
  ...others
}: ModelOptions): Record<string, unknown> {
  const shown =
    phases && Object.fromEntries(Object.entries(phases).map(([name, one]) => [name, shownOptions(one)]));
  return {
    ...others,
    ...(extraBody && { extraBody: withoutTexts(extraBody) }),
    ...(extraHeaders && { extraHeaders: withoutTexts(extraHeaders) }),
    ...(shown && { phases: shown }),
  };
}

const withoutTexts = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_name, part: unknown) => (typeof part === "string" ? "…" : part)));

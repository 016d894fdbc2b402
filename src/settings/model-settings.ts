import { z } from "zod";
import { ModelOptions, shownOptions } from "../model/port/options.ts";
import { maskUrl } from "./database-url.ts";

const hasLogin = (url: string): boolean => new URL(url).username !== "" || new URL(url).password !== "";

export const ApiKey = z
  .string()
  .regex(/^[\x21-\x7e]+$/, "expected a key that a header can carry: visible ASCII, no spaces");

export const BaseUrl = z
  .url({ protocol: /^https?$/ })
  .refine((url) => !URL.canParse(url) || !hasLogin(url), "expected no user or password: keys have their own place");

export const Api = z.enum(["responses", "chat"]);

/** One of the models in `MODELS`. */
const Entry = z
  .strictObject({
    /** What the ledger, the gates and the prices call its server. Default: `openai`, or the host name. */
    provider: z
      .string()
      .regex(
        /^(?!demo$)[a-z0-9][a-z0-9.-]{0,99}$/,
        "expected a name of small letters, digits, dots and dashes, not demo",
      )
      .optional(),
    model: z.string().min(1).max(200),
    /** Default: OpenAI. */
    baseUrl: BaseUrl.optional(),
    api: Api.optional(),
    /** Default: `OPENAI_API_KEY` at OpenAI, none elsewhere. */
    apiKey: ApiKey.optional(),
    options: ModelOptions.optional(),
  })
  .transform((entry) => ({ ...entry, provider: entry.provider ?? providerAt(entry.baseUrl) }));
export type ModelEntry = z.output<typeof Entry>;

export const ModelEntries = z
  .array(Entry)
  .min(1, "expected at least one model")
  .superRefine((entries, context) => {
    const names = entries.map(({ provider, model }) => `${model} of ${provider}`);
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) === index) continue;
      const message = `${name} stands before: two servers of one host need a "provider" each`;
      context.addIssue({ code: "custom", path: [index], message });
    }
  })
  .transform((entries) => entries as [ModelEntry, ...ModelEntry[]]);

/** A variable that holds JSON. `shape`: what is expected, as in "a JSON object". */
export function jsonSetting<Schema extends z.ZodType>(schema: Schema, shape: string) {
  return z.string().transform((text, context): z.output<Schema> => {
    const parsed = schema.safeParse(parseJson(text));
    for (const { path, message } of parsed.error?.issues ?? []) {
      context.addIssue({
        code: "custom",
        message: `${path.map(String).join(".") || `expected ${shape}`}: ${message}`,
      });
    }
    return parsed.success ? parsed.data : z.NEVER;
  });
}

/** As they may be shown: keys and the values of headers are hidden. */
export const shownEntries = (entries: readonly ModelEntry[]): unknown[] =>
  entries.map(({ apiKey, baseUrl, options, ...entry }) => ({
    ...entry,
    ...(baseUrl && { baseUrl: maskUrl(baseUrl) }),
    ...(apiKey && { apiKey: maskKey(apiKey) }),
    ...(options && { options: shownOptions(options) }),
  }));

export const maskKey = (key: string): string => `${key.slice(0, 3)}…`;

/** Whether the address is one of OpenAI's own, as eu.api.openai.com is: then its prices and its dialect hold. */
export const isOpenAI = (url: string): boolean => /(^|\.)api\.openai\.com$/.test(new URL(url).hostname);

/** What a server is called in the ledger. */
export const providerAt = (baseUrl: string | undefined): string =>
  !baseUrl || isOpenAI(baseUrl) ? "openai" : new URL(baseUrl).hostname;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

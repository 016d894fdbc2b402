import { z } from "zod";
import { isRecord, type JsonRecord } from "../json.ts";
import { Refusal } from "../refusal.ts";

const content = z.union([z.string(), z.array(z.looseObject({ text: z.string().optional() }))]);

export const message = z.looseObject({ role: z.string().optional(), content: content.nullish() });

export type Message = z.infer<typeof message>;

export const jsonSchema = z.record(z.string(), z.unknown());

export const schemaName = z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, "1 to 64 characters of a-z, A-Z, 0-9, _ and -");

export const tokenLimit = z.int().min(1).nullish();

/** What `json_object` is answered with, which asks for JSON of no particular shape. */
export const anyObject: JsonRecord = {
  type: "object",
  properties: { title: { type: "string" }, text: { type: "string" } },
  required: ["title", "text"],
};

/** Throws the refusal that the real API answers. */
export function parseBody<Body extends z.ZodType>(schema: Body, body: unknown): z.infer<Body> {
  if (!isRecord(body)) throw new Refusal(400, "We expect a JSON object as the body of your request.");
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const param = issue?.path.join(".") ?? "";
  if (issue?.path.length === 1 && !(param in body)) {
    throw new Refusal(400, `Missing required parameter: '${param}'.`, {
      param,
      code: "missing_required_parameter",
    });
  }
  throw new Refusal(400, `Invalid value for '${param}': ${issue?.message ?? ""}`, { param, code: "invalid_value" });
}

/** The text of the messages of some roles, in their order. */
export function textOf(messages: Message[], roles: string[]): string {
  return messages
    .filter(({ role = "user" }) => roles.includes(role))
    .map(({ content: parts }) =>
      typeof parts === "string" ? parts : (parts ?? []).map((part) => part.text ?? "").join("\n"),
    )
    .join("\n\n");
}

import { z } from "zod";
import type { PhaseContext } from "../../src/author/index.ts";
import { composePrompt, maxOutputTokensFor, promptVersion } from "./prompts.ts";

type Question = {
  /** Names the step. */
  key: string;
  label: string;
  task: string;
  data: Record<string, unknown>;
  /** About how long the answer will be. */
  words: number;
};

export type Asking = Pick<PhaseContext<unknown>, "step" | "model" | "attempt">;

/**
 * Asks for text, once: the answer is kept under everything that the prompt depends on. `accept` gives what is kept
 * of it; what it throws makes the next attempt ask again.
 */
export async function askText(
  { step, model, attempt }: Asking,
  question: Question,
  accept: (text: string) => string,
): Promise<string> {
  const prompt = composePrompt(question.task, question.data);
  const maxOutputTokens = maxOutputTokensFor(question.words, attempt);
  return await step(
    question.key,
    { promptVersion, prompt },
    async () => accept(storable(await model.text({ ...prompt, maxOutputTokens }))),
    { label: question.label },
  );
}

/**
 * Asks for JSON, once. `schema` says what is expected and nothing of limits: a heading that is too long is cut,
 * which costs less than to ask again.
 */
export async function askObject<Schema extends z.ZodType>(
  { step, model, attempt }: Asking,
  question: Question & { name: string; schema: Schema },
): Promise<z.output<Schema>> {
  const { name, schema } = question;
  const prompt = composePrompt(question.task, question.data);
  const maxOutputTokens = maxOutputTokensFor(question.words, attempt);
  return await step(
    question.key,
    { promptVersion, prompt, schema: z.toJSONSchema(schema) },
    async () => storable(await model.object({ ...prompt, maxOutputTokens, name, schema })),
    { label: question.label },
  );
}

/** A model may write what PostgreSQL cannot keep: the character NUL, halves of surrogate pairs. */
function storable<Value>(value: Value): Value {
  const json = JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "string" ? part.toWellFormed().replaceAll("\u0000", "") : part,
  );
  return JSON.parse(json) as Value;
}

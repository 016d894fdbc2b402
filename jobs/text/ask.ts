import type { PhaseContext } from "galley/author";
import { z } from "zod";
import { maxOutputTokensFor, userFor } from "./prompts.ts";

export type Question = {
  /** Names the step. */
  key: string;
  label: string;
  task: string;
  data: Record<string, unknown>;
  /** About how long the answer will be. */
  words: number;
};

/** What of a phase's context is needed to ask. */
export type Asking = Pick<PhaseContext<unknown>, "step" | "model" | "attempt">;

/** The two ways in which a job type asks its model, all with one system text. */
export function createAsk({ system, promptVersion }: { system: string; promptVersion: string }) {
  function callFor({ task, data, words }: Question, attempt: number) {
    const prompt = { system, user: userFor(task, data) };
    return { prompt, maxOutputTokens: maxOutputTokensFor(words, attempt) };
  }

  /**
   * Asks for text, once: the step keeps the answer under everything that the prompt depends on. `accept` turns the
   * answer into what is kept; if it throws, nothing is kept and the next attempt asks again.
   */
  async function askText(
    { step, model, attempt }: Asking,
    question: Question,
    accept: (text: string) => string,
  ): Promise<string> {
    const { prompt, maxOutputTokens } = callFor(question, attempt);
    return await step(
      question.key,
      { promptVersion, prompt },
      async () => accept(storable(await model.text({ ...prompt, maxOutputTokens }))),
      { label: question.label },
    );
  }

  /**
   * Asks for JSON, once. `schema` says which fields are expected and sets no limits to them: the caller cuts a heading
   * that is too long, which costs less than to ask again. If `check` throws, nothing is kept and the next attempt asks again.
   */
  async function askObject<Schema extends z.ZodType>(
    { step, model, attempt }: Asking,
    question: Question & { name: string; schema: Schema },
    check: (answer: z.output<Schema>) => void = () => undefined,
  ): Promise<z.output<Schema>> {
    const { name, schema } = question;
    const { prompt, maxOutputTokens } = callFor(question, attempt);
    return await step(
      question.key,
      { promptVersion, prompt, schema: z.toJSONSchema(schema) },
      async () => {
        const answer = storable(await model.object({ ...prompt, maxOutputTokens, name, schema }));
        check(answer);
        return answer;
      },
      { label: question.label },
    );
  }

  return { askText, askObject };
}

/** A model may write what PostgreSQL cannot keep: the character NUL, halves of surrogate pairs. */
function storable<Value>(value: Value): Value {
  const json = JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "string" ? part.toWellFormed().replaceAll("\u0000", "") : part,
  );
  return JSON.parse(json) as Value;
}

import { readAssignment } from "./assignment/assignment.ts";
import { answerSchema } from "./object/schema.ts";
import type { Prompt } from "./prompt.ts";
import { writeProse } from "./prose/prose.ts";
import { seeded } from "./random.ts";
import { countTokens, cutToTokens } from "./tokens.ts";

/** The whole answer, before any of it is sent. */
export type Draft = {
  text: string;
  /** The pieces in which it is sent. */
  chunks: string[];
  /** The text was cut off at the prompt's `maxOutputTokens`. */
  truncated: boolean;
  inputTokens: number;
  outputTokens: number;
};

const defaultWords = 120;

/** An answer of this text, in these pieces. */
export function draftOf({ system, user, schema }: Prompt, chunks: string[]): Draft {
  const text = chunks.join("");
  const asked = [system, user, schema ? JSON.stringify(schema) : ""];
  return {
    text,
    chunks,
    truncated: false,
    inputTokens: asked.reduce((sum, part) => sum + countTokens(part), 0),
    outputTokens: countTokens(text),
  };
}

/** The same system text, user text and schema give the same text, over either API and for every model. */
export function draft(prompt: Prompt): Draft {
  const { system, user, schema } = prompt;
  const schemaText = schema ? JSON.stringify(schema) : "";
  const random = seeded(system, user, schemaText);
  const assignment = readAssignment(user);
  const whole = schema
    ? JSON.stringify(answerSchema(schema, assignment, random))
    : writeProse(assignment, assignment.targetWords ?? defaultWords, random);
  const { chunks, tokens, truncated } = cutToTokens(whole, prompt.maxOutputTokens ?? Number.POSITIVE_INFINITY);
  return { ...draftOf(prompt, chunks), truncated, outputTokens: tokens };
}

import { z } from "zod";
import type { PhaseContext } from "../../../author/context.ts";
import { usableName, usableNameInWords } from "../../../author/names.ts";
import { PermanentError, WaitError } from "../../../errors.ts";
import { issuesOf } from "../../../issues.ts";
import type { AnswerDesk, AskedAnswer, WantedAnswer } from "./wanted-answers.ts";

/** Ends an attempt that goes on when these answers are given. `until`: the earliest of their times. */
export class AnswersWanted extends WaitError {
  readonly answers: readonly WantedAnswer[];

  constructor(answers: readonly WantedAnswer[]) {
    super(new Date(Math.min(...answers.map(({ until }) => until.getTime()))), "answer");
    this.answers = answers;
  }
}

/** The handler's `waitFor`. `isInStep`: whether the calling code runs in a step. */
export function createWaitFor(desk: AnswerDesk, isInStep: () => boolean): PhaseContext<unknown>["waitFor"] {
  // Read once, so that all that a handler asks for at the same moment is asked for together.
  let asked: Promise<Map<string, AskedAnswer>> | null = null;
  const wanted: WantedAnswer[] = [];

  async function look(name: string): Promise<AskedAnswer | undefined> {
    asked ??= desk.read().then((found) => new Map(found.map((one) => [one.name, one])));
    const found = (await asked).get(name);
    if (found?.state !== "over") return found;
    if (await desk.close(name)) return { name, state: "closed" };
    asked = null;
    return await look(name);
  }

  return async (name, schema, asking) => {
    check(name, asking.until, isInStep());
    const found = await look(name);
    if (found?.state === "closed") return null;
    if (found?.state === "given") {
      const answer = await schema.safeParseAsync(found.answer);
      if (answer.success) return answer.data;
      await desk.refuse(found, inWords(answer.error));
    }
    const { until, question = null, content = null } = asking;
    wanted.push({ name, schema: schemaOf(schema), question, content, until });
    throw new AnswersWanted(wanted);
  };
}

function check(name: string, until: Date, isInStep: boolean): void {
  if (!usableName.test(name))
    throw new PermanentError(`"${name}" cannot be the name of an answer: ${usableNameInWords}.`);
  // A year of five digits would be another text for PostgreSQL.
  if (Number.isNaN(until.getTime()) || until.getUTCFullYear() > 9999)
    throw new PermanentError(`The answer "${name}" has no valid time in \`until\`.`);
  if (isInStep) throw new PermanentError(`The handler waits for the answer "${name}" inside of a step.`);
}

const inWords = (error: z.ZodError): string =>
  issuesOf(error)
    .map(({ pointer, message }) => `${pointer || "the answer"}: ${message}`)
    .join("; ");

/** What fits a schema, for those who give the answer. */
export const schemaOf = (schema: z.ZodType): Record<string, unknown> =>
  z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });

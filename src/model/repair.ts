import type { z } from "zod";
import { PermanentError } from "../errors.ts";
import { parseJson } from "./output.ts";
import { ModelError } from "./port/port.ts";

const maxRepairs = 2;

/**
 * JSON that fits `schema`. `ask` is given the user's text; after an answer that does not fit, with what was wrong with it,
 * at most twice. Throws PermanentError then.
 */
export async function askForObject<Schema extends z.ZodType>(
  user: string,
  schema: Schema,
  ask: (user: string) => Promise<string>,
): Promise<z.output<Schema>> {
  let asked = user;
  for (let repair = 0; ; repair++) {
    const text = await ask(asked);
    try {
      return parseJson(text, schema);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      // It had its chances, each of them paid for: another attempt would buy the same again.
      if (repair === maxRepairs) throw new PermanentError(error.message, { code: error.code, cause: error });
      asked = `${user}\n\nYour last answer was not usable: ${error.message} Answer again, whole.`;
    }
  }
}

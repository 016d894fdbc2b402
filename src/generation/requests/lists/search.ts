import { type AnyColumn, type SQL, sql } from "drizzle-orm";

/**
 * Whether a job's input has this text, in any case, or a number that is given whole. The words of the input are searched,
 * not its JSON: that has escapes and the names of fields. The same letter may be one character or a letter and an accent,
 * so both sides are in one form (NFC).
 */
export function inputContains(input: AnyColumn, text: string): SQL {
  const wanted = text.normalize("NFC");
  return sql`normalize(${input}::text, NFC) ilike ${patternOf(JSON.stringify(wanted).slice(1, -1))} and exists (
    select from jsonb_path_query(${input}, 'strict $.**') as given
    where case jsonb_typeof(given)
      when 'string' then normalize(given #>> '{}', NFC) ilike ${patternOf(wanted)}
      when 'number' then given #>> '{}' = ${wanted}
      else false
    end)`;
}

const patternOf = (text: string): string => `%${text.replace(/[\\%_]/g, "\\$&")}%`;

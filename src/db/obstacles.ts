import pg from "pg";
import { StartError } from "../errors.ts";
import { reasonOf } from "./failures.ts";
import { bookkeeping, exists } from "./schemas.ts";

/** The tables of the system that Galley replaces. */
export const originTables = ["generation_jobs", "topics", "articles"];

// duplicate_table, _function, _object and _schema; a type of the name that a table's row would have
const nameTaken = ["42P07", "42723", "42710", "42P06"];

/** Which of the origin's tables the schema holds, or null. Its jobs know no tenant. */
export async function findOrigin(client: pg.Client, schema: string): Promise<string[] | null> {
  if (await exists(client, schema, bookkeeping)) return null;
  const { rows } = await client.query<{ name: string; isGalleys: boolean }>(
    `select relname as name, exists (
        select from pg_attribute where attrelid = pg_class.oid and attname = 'tenant'
      ) as "isGalleys"
    from pg_class
    where relnamespace = to_regnamespace(quote_ident($1)) and relkind in ('r', 'p') and relname = any($2)
    order by array_position($2, relname::text)`,
    [schema, originTables],
  );
  const isOrigin = rows.some(({ name, isGalleys }) => name === "generation_jobs" && !isGalleys);
  return isOrigin ? rows.map(({ name }) => name) : null;
}

/** Runs what creates Galley's tables. Throws StartError if a name is taken. */
export async function refuseOthersTables(schema: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || !nameTaken.includes(error.code ?? "")) throw error;
    throw new StartError(
      `The schema ${schema} is in use by another application: ${reasonOf(error)}. Set DATABASE_SCHEMA to one of Galley's own, like galley.`,
      { cause: error },
    );
  }
}

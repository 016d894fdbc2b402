import pg from "pg";
import { StartError } from "../errors.ts";
import { closeSchema } from "./rights/privileges.ts";
import type { Session } from "./session.ts";

type Client = Pick<pg.Client, "query">;

/** Galley's own record of applied migrations: beside its tables, so that it shares it with no other application. */
export const bookkeeping = "galley_migrations";
/** In the queue's schema: which schema the queue belongs to. */
const owner = "galley_owner";

/** Makes both schemas if they are not there, with the tables by which Galley knows its own. Throws StartError if one is another's. */
export async function prepareSchemas(client: Client, session: Session): Promise<void> {
  await createSchema(client, session.schema);
  if (!(await exists(client, session.schema, bookkeeping))) await createBookkeeping(client, session.schema);
  await createSchema(client, session.queueSchema);
  if (!(await exists(client, session.queueSchema, owner))) await takeQueueSchema(client, session);
  const table = within(session.queueSchema, owner);
  const { rows } = await client.query<{ schema: string }>(`select schema from ${table}`);
  const other = rows.find(({ schema }) => schema !== session.schema);
  if (!other) return;
  throw new StartError(
    `The schema ${session.queueSchema} holds the queue of the Galley in the schema ${other.schema}. Set QUEUE_SCHEMA to another one.`,
  );
}

/** A qualified name, in quotes. */
export const within = (schema: string, name: string) =>
  `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;

/** Whether there is such a table or view. */
export async function exists(client: Client, schema: string, table: string): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    `select exists (
      select from pg_class where relnamespace = to_regnamespace(quote_ident($1)) and relname = $2
    ) as found`,
    [schema, table],
  );
  return rows[0]?.found ?? false;
}

// "if not exists" asks for the right to create also where there is nothing to create.
async function createSchema(client: Client, schema: string): Promise<void> {
  const { rows } = await client.query<{ found: boolean }>(
    "select to_regnamespace(quote_ident($1)) is not null as found",
    [schema],
  );
  if (!rows[0]?.found) await client.query(`create schema ${pg.escapeIdentifier(schema)}`);
}

async function createBookkeeping(client: Client, schema: string): Promise<void> {
  await client.query(`
    create table ${within(schema, bookkeeping)} (
      created_at bigint primary key, tag text not null, applied_at timestamptz not null default now()
    );
    alter table ${within(schema, bookkeeping)} enable row level security`);
}

async function takeQueueSchema(client: Client, { schema, queueSchema }: Session): Promise<void> {
  // An older pg-boss there would be upgraded, and its jobs handed to us.
  if (await exists(client, queueSchema, "version")) {
    throw new StartError(
      `The schema ${queueSchema} holds another application's pg-boss. Set QUEUE_SCHEMA to one of Galley's own.`,
    );
  }
  await client.query(`create table ${within(queueSchema, owner)} (schema text primary key);
    alter table ${within(queueSchema, owner)} enable row level security`);
  await client.query(`insert into ${within(queueSchema, owner)} values ($1)`, [schema]);
  await closeSchema(client, queueSchema);
}

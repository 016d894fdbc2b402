import pg from "pg";

type Client = Pick<pg.Client, "query">;

/** Who may reach a database through a web API with a key that is no secret, as at Supabase; public is everyone. */
const outsiders = ["public", "anon", "authenticated"];

/**
 * Takes from outsiders, at `close`, what default privileges gave them on the tables, sequences and functions that came
 * into the schemas since. So they have nothing but what a migration grants by name, in a statement of its own.
 */
export async function watchNewObjects(client: Client, schemas: string[]): Promise<{ close(): Promise<void> }> {
  const known = new Set((await objectsIn(client, schemas)).map(({ id }) => id));
  const roles = await existing(client, outsiders);
  return {
    async close() {
      for (const { id, kind, name } of await objectsIn(client, schemas)) {
        if (known.has(id)) continue;
        known.add(id);
        await client.query(`revoke all on ${kind} ${name} from ${roles.join(", ")}`);
      }
    },
  };
}

/** Keeps outsiders out of a schema, whatever it holds or will hold. */
export async function closeSchema(client: Client, schema: string): Promise<void> {
  const roles = await existing(client, outsiders);
  await client.query(`revoke all on schema ${pg.escapeIdentifier(schema)} from ${roles.join(", ")}`);
}

type DatabaseObject = { id: string; kind: "table" | "sequence" | "routine"; name: string };

async function objectsIn(client: Client, schemas: string[]): Promise<DatabaseObject[]> {
  const { rows } = await client.query<DatabaseObject>(
    `with namespaces as (select oid from pg_namespace where nspname = any($1))
    select 'relation ' || oid as id, case relkind when 'S' then 'sequence' else 'table' end as kind,
      format('%I.%I', relnamespace::regnamespace::name, relname) as name
    from pg_class where relnamespace in (table namespaces) and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    union all
    select 'routine ' || oid, 'routine',
      format('%I.%I(%s)', pronamespace::regnamespace::name, proname, pg_get_function_identity_arguments(oid))
    from pg_proc where pronamespace in (table namespaces)`,
    [schemas],
  );
  return rows;
}

async function existing(client: Client, roles: string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    "select name from unnest($1::text[]) as name where name = 'public' or name in (select rolname from pg_roles)",
    [roles],
  );
  return rows.map(({ name }) => name);
}

import pg from "pg";
import { type Place, reachServer, withClient } from "../connect.ts";
import { bookkeeping, exists, within } from "../schemas.ts";
import { mayAct, tenantRole } from "./tenant-role.ts";

/**
 * What the owner of the database must run so that Galley can live there as `role`: one statement each, nothing that the
 * role has already. Where Galley's tables are there and belong to another role, it is what work on them needs, and
 * migrations stay with their owner.
 */
export async function grantsFor(url: string, place: Place, role: string): Promise<string[]> {
  const session = await reachServer(url, place);
  return await withClient(session.config, async (client) => {
    const { rows } = await client.query("select from pg_roles where rolname = $1", [role]);
    const name = pg.escapeIdentifier(role);
    const database = pg.escapeIdentifier(session.database);
    if (rows.length === 0) {
      return [
        `create role ${name} login password '…';`,
        `grant connect on database ${database} to ${name};`,
        "-- Then run this once more.",
      ];
    }
    const owner = await foreignOwner(client, session.schema, role);
    // A migration makes the queue's schema alone; the first start makes what is in it.
    const hasQueue = await exists(client, session.queueSchema, "version");
    return [
      ...(await missing(
        client,
        `has_database_privilege($1, current_database(), 'connect')`,
        [role],
        [`grant connect on database ${database} to ${name};`],
      )),
      ...(await tenantRoleGrants(client, role)),
      ...(await schemaGrants(client, session.schema, role, owner !== null)),
      ...(await schemaGrants(client, session.queueSchema, role, owner !== null && hasQueue)),
      ...(owner === null ? [] : await objectGrants(client, session.schema, role, owner)),
      ...(owner === null ? [] : await objectGrants(client, session.queueSchema, role, owner)),
    ];
  });
}

/** The right to act as the role that requests are answered as. A role that may create roles makes it by itself. */
async function tenantRoleGrants(client: pg.Client, role: string): Promise<string[]> {
  const { rows } = await client.query<{ isThere: boolean; needsNone: boolean }>(
    `select to_regrole($1) is not null as "isThere",
      case when to_regrole($1) is null then rolcreaterole or rolsuper
        else pg_has_role($2, to_regrole($1), ${mayAct})
      end as "needsNone"
    from pg_roles where rolname = $2`,
    [tenantRole, role],
  );
  if (rows[0]?.needsNone) return [];
  return [
    ...(rows[0]?.isThere ? [] : [`create role ${tenantRole} nologin;`]),
    `grant ${tenantRole} to ${pg.escapeIdentifier(role)};`,
  ];
}

/** Who owns Galley's tables, if they are there and the role may not act as their owner. */
async function foreignOwner(client: pg.Client, schema: string, role: string): Promise<string | null> {
  if (!(await exists(client, schema, bookkeeping))) return null;
  const { rows } = await client.query<{ owner: string }>(
    `select pg_get_userbyid(relowner) as owner from pg_class
    where oid = to_regclass($1) and not pg_has_role($2, relowner, 'usage')`,
    [within(schema, bookkeeping), role],
  );
  return rows[0]?.owner ?? null;
}

async function schemaGrants(
  client: pg.Client,
  schema: string,
  role: string,
  isAnothers: boolean,
): Promise<string[]> {
  const name = pg.escapeIdentifier(schema);
  const to = pg.escapeIdentifier(role);
  const { rows } = await client.query<{ found: boolean }>("select to_regnamespace($1) is not null as found", [
    name,
  ]);
  // An owner that is no member of the role cannot give it a schema.
  if (!rows[0]?.found) return [`create schema ${name};`, `grant usage, create on schema ${name} to ${to};`];
  const needed = isAnothers ? ["usage"] : ["usage", "create"];
  const has = needed.map((right) => `has_schema_privilege($1, $2, '${right}')`).join(" and ");
  return await missing(client, has, [role, schema], [`grant ${needed.join(", ")} on schema ${name} to ${to};`]);
}

/** Tables, sequences and functions of the schema that belong to Galley's owner. */
async function objectGrants(client: pg.Client, schema: string, role: string, owner: string): Promise<string[]> {
  const { rows } = await client.query<{ statement: string }>(
    `with namespace as (select to_regnamespace(quote_ident($1)) as oid, to_regrole(quote_ident($3)) as owner)
    select format('grant select, insert, update, delete on %I.%I to %I;', $1, relname, $2::text) as statement
    from pg_class, namespace
    where relnamespace = namespace.oid and relowner = namespace.owner and relkind in ('r', 'p', 'v')
      and not (has_table_privilege($2, pg_class.oid, 'select') and has_table_privilege($2, pg_class.oid, 'insert')
        and has_table_privilege($2, pg_class.oid, 'update') and has_table_privilege($2, pg_class.oid, 'delete'))
    union all
    select format('create policy %I on %I.%I to %I using (true) with check (true);', 'galley_' || $2, $1, relname, $2::text)
    from pg_class, namespace
    where relnamespace = namespace.oid and relowner = namespace.owner and relrowsecurity
      and not exists (select from pg_policy where polrelid = pg_class.oid and polname = 'galley_' || $2)
    union all
    select format('grant usage on sequence %I.%I to %I;', $1, relname, $2::text)
    from pg_class, namespace
    where relnamespace = namespace.oid and relowner = namespace.owner and not case when relkind = 'S' then has_sequence_privilege($2, pg_class.oid, 'usage') else true end
    union all
    select format('grant execute on function %I.%I(%s) to %I;', $1, proname, pg_get_function_identity_arguments(pg_proc.oid), $2::text)
    from pg_proc, namespace
    where pronamespace = namespace.oid and proowner = namespace.owner
      and not has_function_privilege($2, pg_proc.oid, 'execute')`,
    [schema, role, owner],
  );
  return rows.map(({ statement }) => statement);
}

async function missing(
  client: pg.Client,
  condition: string,
  values: string[],
  statements: string[],
): Promise<string[]> {
  const { rows } = await client.query<{ has: boolean }>(`select ${condition} as has`, values);
  return rows[0]?.has ? [] : statements;
}

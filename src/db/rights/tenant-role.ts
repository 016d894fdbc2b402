import pg from "pg";
import type { Db } from "../client.ts";
import { type Transaction, transact } from "../commit/transact.ts";

/** What requests are answered as. A role belongs to the server: all Galleys there share it. */
export const tenantRole = "galley_tenant";

/** What the role may do with the rows of the tenant in `app.tenant_id`. Every other table is closed to it. */
const rights: Record<string, string> = {
  generation_jobs: "select",
  generation_job_tombstones: "select",
  generation_job_hours: "select",
  generation_job_counts: "select",
  provider_call_counts: "select",
  provider_calls: "select",
  batches: "select",
  articles: "select",
  webhook_deliveries: "select",
  topics: "select, insert",
  webhook_endpoints: "select, insert, delete",
  schedules: "select, insert, update, delete",
  shops: "select, insert, update, delete",
  publications: "select",
};
/** What it may read of the tenant's jobs, in tables that name the job alone. */
const ofJobs = ["generation_answers", "generation_phases"];
/** What it may read whole: no tenant's data. */
const shared = ["generation_job_roll_up"];
/** What it may call: by these, statistics count what is not rolled up yet. */
const routines = [
  "generation_job_as_created",
  "generation_job_as_ended",
  "provider_call_as_ended",
  "histogram_bucket",
];

/**
 * Runs `run` as the role that sees one tenant's rows: what a statement forgets to ask for, PostgreSQL's row level security
 * keeps from it. Where the login may not act as that role, statements are on their own.
 */
export async function asTenant<T>(
  db: Db,
  tenant: string,
  run: (transaction: Pick<Transaction, "tx" | "query">) => Promise<T>,
): Promise<T> {
  const setTenant = `set local app.tenant_id = ${pg.escapeLiteral(tenant)}`;
  const isThere = db.$client.session.hasTenantRole;
  return await transact(db, run, isThere ? [`set local role ${tenantRole}`, setTenant] : [setTenant]);
}

type Client = Pick<pg.Client, "query">;

// Before version 16 there was no membership without it.
export const mayAct =
  "case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end";

/** Makes the role and gives it its rights, as far as the login may: within the transaction that migrates. */
export async function prepareTenantRole(client: Client): Promise<void> {
  await client.query(makeRole);
  const { rows } = await client.query<{ statement: string }>(missingRights, [
    Object.keys(rights),
    Object.values(rights),
    ofJobs,
    shared,
    routines,
  ]);
  for (const { statement } of rows) await client.query(statement);
}

/** Whether the login may act as the role, and the role has all that it needs. */
export async function hasTenantRole(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ has: boolean }>(
    `select to_regrole('${tenantRole}') is not null and coalesce(pg_has_role(to_regrole('${tenantRole}'), ${mayAct}), false)
      and has_schema_privilege(to_regrole('${tenantRole}'), current_schema(), 'usage')
      and (
        select bool_and(to_regclass(name) is not null and ${hasRights("to_regclass(name)", "rights")} and exists (
          select from pg_policy where polname = 'tenant_rows' and polrelid = to_regclass(name)
        )) from unnest($1::text[], $2::text[]) as own (name, rights)
      ) and not exists (
        select from pg_proc where pronamespace = to_regnamespace(current_schema()) and proname = any($3::text[])
          and not has_function_privilege(to_regrole('${tenantRole}'), oid, 'execute')
      ) as has`,
    [
      [...Object.keys(rights), ...ofJobs, ...shared],
      [...Object.values(rights), ...[...ofJobs, ...shared].map(() => "select")],
      routines,
    ],
  );
  return rows[0]?.has ?? false;
}

/** Whether the role has each right of a list on a table. PostgreSQL's own function is content with any one of them. */
function hasRights(table: string, list: string): string {
  return `(
    select bool_and(has_table_privilege(to_regrole('${tenantRole}'), ${table}, wanted))
    from unnest(string_to_array(${list}, ', ')) as wanted)`;
}

// Two databases of a server may be migrated at the same moment.
const makeRole = `
  do $$
  declare
    me pg_roles := (select role from pg_roles as role where rolname = current_user);
    may_grant boolean;
  begin
    if to_regrole('${tenantRole}') is null and (me.rolsuper or me.rolcreaterole) then
      begin
        create role ${tenantRole} nologin;
      exception when duplicate_object or unique_violation then null;
      end;
    end if;
    if to_regrole('${tenantRole}') is null or pg_has_role('${tenantRole}', ${mayAct}) then return; end if;
    may_grant := case when current_setting('server_version_num')::integer >= 160000
      then pg_has_role('${tenantRole}', 'MEMBER WITH ADMIN OPTION') else me.rolcreaterole end;
    if may_grant then execute format('grant ${tenantRole} to %I', current_user); end if;
  end $$`;

// One statement each, and none for what is there already or belongs to another role.
const missingRights = `
  with wanted as (
    select name, rights, 'tenant = (select current_setting(''app.tenant_id'', true))' as seen
    from unnest($1::text[], $2::text[]) as own (name, rights)
    union all
    select name, 'select', 'exists (select from generation_jobs job where job.id = job_id)' from unnest($3::text[]) as name
    union all select name, 'select', 'true' from unnest($4::text[]) as name
  ), tables as (
    select wanted.*, pg_class.oid from wanted join pg_class on pg_class.oid = to_regclass(name)
    where to_regrole('${tenantRole}') is not null and pg_has_role(relowner, 'usage')
  )
  select format('grant usage on schema %I to ${tenantRole}', current_schema()) as statement
  where to_regrole('${tenantRole}') is not null
    and not has_schema_privilege(to_regrole('${tenantRole}'), current_schema(), 'usage')
    and has_schema_privilege(current_schema(), 'usage with grant option')
  union all
  select format('grant %s on %I to ${tenantRole}', rights, name) from tables
  where not ${hasRights("tables.oid", "rights")}
  union all
  select format('grant execute on function %s to ${tenantRole}', oid::regprocedure) from pg_proc
  where pronamespace = to_regnamespace(current_schema()) and proname = any($5::text[]) and pg_has_role(proowner, 'usage')
    and to_regrole('${tenantRole}') is not null and not has_function_privilege(to_regrole('${tenantRole}'), oid, 'execute')
  union all
  select format('create policy tenant_rows on %I to ${tenantRole} using (%s)', name, seen)
  from tables where not exists (select from pg_policy where polrelid = tables.oid and polname = 'tenant_rows')`;

import pg from "pg";
import { type Query, statement } from "../commit/statement.ts";

/** A statement as `pg_stat_statements` counts it, without the values that it was sent with. */
export type SlowStatement = {
  text: string;
  calls: number;
  meanMilliseconds: number;
  totalMilliseconds: number;
  rows: number;
};

/** `missing`: why there are none, and what to do. */
export type SlowStatements = { slowest: SlowStatement[]; missing: string | null };

const most = 20;

/** The statements in this database that took the most time all together, as far as the login may see them. */
export async function readSlowStatements(query: Query): Promise<SlowStatements> {
  const [found] = await query<{ isLoaded: boolean; schema: string | null }>(look, []);
  if (!found?.isLoaded) return none("PostgreSQL runs without shared_preload_libraries = 'pg_stat_statements'.");
  if (found.schema === null) return none("Run in this database: create extension pg_stat_statements.");
  return { slowest: await query<SlowStatement>(slowest(found.schema), [most]), missing: null };
}

const none = (missing: string): SlowStatements => ({ slowest: [], missing });

// Without being loaded at the start the extension can be made all the same, and then its view fails.
const look = statement(`
  select current_setting('pg_stat_statements.max', true) is not null as "isLoaded",
    (select nspname from pg_extension join pg_namespace on pg_namespace.oid = extnamespace
      where extname = 'pg_stat_statements') as schema`);

// What is not a query keeps its values.
const slowest = (schema: string) =>
  statement(`
    select left(regexp_replace(query, '\\s+', ' ', 'g'), 500) as text, calls::float8 as calls,
      mean_exec_time as "meanMilliseconds", total_exec_time as "totalMilliseconds", rows::float8 as rows
    from ${pg.escapeIdentifier(schema)}.pg_stat_statements
    where dbid = (select oid from pg_database where datname = current_database())
      and query ~* '^\\s*(select|insert|update|delete|with)\\M'
    order by total_exec_time desc limit $1`);

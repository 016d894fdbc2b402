import { type Query, statement } from "../commit/statement.ts";

/** A table of Galley's or of its queue. Bytes are those of its files; rows are PostgreSQL's estimates. */
export type TableHealth = {
  /** With its schema. */
  name: string;
  rows: number;
  /** What changes and removals left behind, for vacuum to free. */
  deadRows: number;
  /** All together, and of these the indexes'. */
  bytes: number;
  indexBytes: number;
  /** Over the last days, eight at most. Null without a record that is an hour old. */
  growthBytesPerDay: number | null;
  lastVacuumAt: Date | null;
  lastAnalyzeAt: Date | null;
  /** How often it was read as a whole and by an index, since the server's counters were reset. */
  sequentialScans: number;
  indexScans: number;
};

/** The tables of these schemas, the largest first. */
export async function readTables(query: Query, schemas: readonly string[]): Promise<TableHealth[]> {
  return await query<TableHealth>(tables, [schemas]);
}

const tables = statement(`
  select size.name, n_live_tup::float8 as rows, n_dead_tup::float8 as "deadRows", total::float8 as bytes,
    pg_indexes_size(relid)::float8 as "indexBytes",
    ((total - before.bytes) / (extract(epoch from now() - before.at) / 86400))::float8 as "growthBytesPerDay",
    greatest(last_vacuum, last_autovacuum) as "lastVacuumAt", greatest(last_analyze, last_autoanalyze) as "lastAnalyzeAt",
    seq_scan::float8 as "sequentialScans", coalesce(idx_scan, 0)::float8 as "indexScans"
  from pg_stat_user_tables
  cross join lateral (
    select schemaname || '.' || relname as name, pg_total_relation_size(relid) as total
  ) as size
  left join lateral (
    select bytes, at from database_sizes past
    where past.name = size.name and at between now() - interval '8 days' and now() - interval '1 hour' order by at limit 1
  ) as before on true
  where schemaname = any($1::text[]) order by total desc, size.name`);

/** An index and how often it was used since the counters were reset. `isConstraint`: it keeps rows unique, used or not. */
export type IndexHealth = { name: string; table: string; bytes: number; scans: number; isConstraint: boolean };

/** The indexes of these schemas, the largest first. */
export async function readIndexes(query: Query, schemas: readonly string[]): Promise<IndexHealth[]> {
  return await query<IndexHealth>(indexes, [schemas]);
}

const indexes = statement(`
  select schemaname || '.' || indexrelname as name, schemaname || '.' || relname as table,
    pg_relation_size(indexrelid)::float8 as bytes, idx_scan::float8 as scans, indisunique as "isConstraint"
  from pg_stat_user_indexes join pg_index using (indexrelid)
  where schemaname = any($1::text[]) order by bytes desc, name`);

/** The whole database, other applications' part too, and since when its counters count. */
export async function readDatabase(query: Query): Promise<{ bytes: number; countedSince: Date | null }> {
  const [row] = await query<{ bytes: number; countedSince: Date | null }>(database, []);
  if (!row) throw new Error("PostgreSQL has no row of this database.");
  return row;
}

const database = statement(`
  select pg_database_size(datid)::float8 as bytes, stats_reset as "countedSince"
  from pg_stat_database where datname = current_database()`);

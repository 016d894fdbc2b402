import pg from "pg";
import { StartError } from "../../errors.ts";
import type { Place } from "../connect.ts";
import { applyMigrations, inMigration } from "../migrate.ts";
import { findOrigin } from "../obstacles.ts";
import { closeSchema } from "../rights/privileges.ts";
import { type Copied, copyArticles, copyJobs, copyTopics } from "./rows.ts";

export type Adoption = {
  /** The schema whose rows were taken. */
  from: string;
  /** Where the old tables are now; null if they stayed, since Galley's have a schema of their own. */
  movedTo: string | null;
  topics: Copied;
  articles: Copied;
  jobs: Copied & { /** Had not ended, and is failed now. */ interrupted: number };
};

const aside = "galley_origin";
// Of the same names as ours.
const views = ["active_generation_jobs", "generation_job_stats"];
const functions = ["get_job_progress", "cleanup_old_generation_jobs"];
// Other transactions that wait for a table behind this one would wait as long.
const lockMilliseconds = 5_000;
const lockNotAvailable = "55P03";

/**
 * Takes the topics, articles and jobs of the system that Galley replaces over into Galley's tables, in one transaction.
 * `dryRun`: does the same and takes it back. Throws StartError if there is nothing to take over.
 */
export async function adoptOrigin(url: string, place: Place, { dryRun }: { dryRun: boolean }): Promise<Adoption> {
  return await inMigration(url, place, async (client, session) => {
    await client.query(`set local lock_timeout = ${lockMilliseconds}`);
    const places = [...new Set([session.schema, "public"])];
    const from = await findSource(client, places);
    if (!from) {
      throw new StartError(
        `There is nothing to take over: no table generation_jobs of another system in ${places.join(" or ")}.`,
      );
    }
    const movedTo = from === session.schema ? aside : null;
    if (movedTo) await moveAside(client, from);
    await applyMigrations(client, session);
    const source = movedTo ?? from;
    const topics = await copyTopics(client, source);
    const articles = await copyArticles(client, source);
    const jobs = await copyJobs(client, source);
    if (dryRun) await client.query("rollback");
    return { from, movedTo, topics, articles, jobs };
  }).catch((error: unknown) => {
    if (!(error instanceof pg.DatabaseError && error.code === lockNotAvailable)) throw error;
    throw new StartError("The old tables are in use. Stop what uses them, then try again.", { cause: error });
  });
}

async function findSource(client: pg.Client, schemas: string[]): Promise<string | null> {
  for (const candidate of schemas) {
    if (await findOrigin(client, candidate)) return candidate;
  }
  return null;
}

/** A schema keeps the names of indexes and constraints apart too, which renamed tables would not. */
async function moveAside(client: pg.Client, schema: string): Promise<void> {
  const { rows: taken } = await client.query("select from pg_namespace where nspname = $1", [aside]);
  if (taken.length > 0) {
    throw new StartError(
      `The schema ${aside}, where the old tables would go, is there already. Rename or drop it.`,
    );
  }
  await client.query(`create schema ${aside}`);
  await closeSchema(client, aside);
  const tables = (await findOrigin(client, schema)) ?? [];
  const { rows } = await client.query<{ object: string }>(
    `select case relkind when 'v' then 'view ' when 'm' then 'materialized view ' else 'table ' end
        || pg_class.oid::regclass::text as object
      from pg_class where relnamespace = to_regnamespace(quote_ident($1))
        and (relname = any($2) and relkind in ('r', 'p') or relname = any($3) and relkind in ('v', 'm'))
    union all
    select 'routine ' || pg_proc.oid::regprocedure::text
      from pg_proc where pronamespace = to_regnamespace(quote_ident($1)) and proname = any($4)`,
    [schema, tables, views, functions],
  );
  for (const { object } of rows) await client.query(`alter ${object} set schema ${aside}`);
}

import type { JobType } from "galley/author";
import type pg from "pg";
import { findViolations as findAny } from "../../src/author/testing/crash/violations.ts";

/** As the kit's, for jobs of a type that keeps an article: each that has completed has one. */
export async function findViolations(query: pg.Client["query"], type: JobType, jobId?: string): Promise<string[]> {
  const { rows } = await query<{ id: string }>(
    `select id from generation_jobs
     where ($1::text is null or id = $1) and status = 'completed' and article_id is null`,
    [jobId ?? null],
  );
  return [...rows.map(({ id }) => `${id}: has no article`), ...(await findAny(query, type, jobId))];
}

import type pg from "pg";
import { exists, within } from "../schemas.ts";
import { createdAt, insertJobs, seoScore } from "./jobs.ts";

/** How many rows came over, and how many are left where they were. */
export type Copied = { taken: number; left: number };

/** Left behind: topics without a title, and those whose id is taken. */
export async function copyTopics(client: pg.Client, source: string): Promise<Copied> {
  return await copy(
    client,
    source,
    "topics",
    `insert into topics (id, topic_title, keywords, search_volume, competition_score, priority_score, status,
      content_template, style_preferences, created_at, used_at)
    select (o->>'id')::uuid, o->>'topic_title', ${list("keywords")}, (o->>'search_volume')::integer,
      case when (o->>'competition_score')::numeric between -9.99 and 9.99 then (o->>'competition_score')::numeric end,
      (o->>'priority_score')::numeric, ${known("status", ["pending", "in_progress", "completed", "rejected"])},
      o->>'content_template',
      case jsonb_typeof(o->'style_preferences') when 'object' then o->'style_preferences' else '{}' end,
      ${createdAt}, (o->>'used_at')::timestamptz
    from origin where o->>'topic_title' <> ''
    on conflict do nothing returning id`,
  );
}

const articleStates = [
  "draft",
  "generating",
  "generation_failed",
  "ready_for_editorial",
  "published",
  "published_hidden",
  "published_visible",
];

/** Left behind: articles without a title or slug, and those whose id or slug is taken. */
export async function copyArticles(client: pg.Client, source: string): Promise<Copied> {
  return await copy(
    client,
    source,
    "articles",
    `insert into articles (id, title, content, meta_description, slug, status, target_keywords, shopify_blog_id,
      shopify_article_id, scheduled_publish_date, seo_score, word_count, reading_time, source_topic_id,
      generation_started_at, generation_completed_at, ai_model_used, generation_prompt_version, created_at, updated_at,
      published_at)
    select (o->>'id')::uuid, o->>'title', coalesce(o->>'content', ''), o->>'meta_description', o->>'slug',
      ${known("status", articleStates)}, ${list("target_keywords")}, o->>'shopify_blog_id', o->>'shopify_article_id',
      (o->>'scheduled_publish_date')::timestamptz, ${seoScore}, (o->>'word_count')::integer,
      (o->>'reading_time')::integer, (select id from topics where id = (o->>'source_topic_id')::uuid),
      (o->>'generation_started_at')::timestamptz, (o->>'generation_completed_at')::timestamptz, o->>'ai_model_used',
      o->>'generation_prompt_version', ${createdAt}, coalesce((o->>'updated_at')::timestamptz, ${createdAt}),
      (o->>'published_at')::timestamptz
    from origin where o->>'title' <> '' and o->>'slug' <> ''
    on conflict do nothing returning id`,
  );
}

/**
 * Left behind: jobs whose id is taken. Every job is finished here: what had not ended is failed as `worker_lost`. No
 * phase's output comes over, so what was not completed stands at the first phase, where a resume can begin.
 */
export async function copyJobs(client: pg.Client, source: string): Promise<Copied & { interrupted: number }> {
  const copied = await copy(client, source, "generation_jobs", insertJobs);
  const { rows } = await client.query<{ interrupted: number }>(
    `select count(*)::integer as interrupted from generation_jobs
    where error_code = 'worker_lost' and id in (select o->>'id' from ${rowsOf(source, "generation_jobs")} as origin (o))
      and xmin = pg_current_xact_id()::xid`,
  );
  return { ...copied, interrupted: rows[0]?.interrupted ?? 0 };
}

async function copy(client: pg.Client, source: string, table: string, insert: string): Promise<Copied> {
  if (!(await exists(client, source, table))) return { taken: 0, left: 0 };
  const { rows } = await client.query<{ taken: number; total: number }>(
    `with origin (o) as ${rowsOf(source, table)}, taken as (${insert})
    select (select count(*) from taken)::integer as taken, (select count(*) from origin)::integer as total`,
  );
  const { taken = 0, total = 0 } = rows[0] ?? {};
  return { taken, left: total - taken };
}

/** A table of the old system's, each row of it as JSON, so that a column that is not there reads as null. */
const rowsOf = (schema: string, table: string) =>
  `(select to_jsonb(origin) from ${within(schema, table)} as origin)`;

/** A status that Galley knows too, or its first. */
const known = (column: string, states: string[]) =>
  `case when o->>'${column}' in (${states.map((state) => `'${state}'`).join(", ")}) then o->>'${column}' else '${states[0]}' end`;

/** An array, also where "a, b" was kept. */
const list = (column: string) =>
  `case jsonb_typeof(o->'${column}') when 'array' then o->'${column}'
    when 'string' then to_jsonb(regexp_split_to_array(btrim(o->>'${column}'), '\\s*,\\s*')) else '[]' end`;

import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { jobTypes } from "../../jobs/index.ts";
import { migrateDatabase } from "../../src/db/migrate.ts";
import { createLog } from "../../src/log/log.ts";
import { startGalley } from "../../src/process/start.ts";
import { readConfig } from "../../src/settings/config.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { run } from "../support/process.ts";

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase({ empty: true });
});
afterEach(() => database.drop());

const topic = "00000000-0000-4000-8000-000000000001";
const article = "00000000-0000-4000-8000-0000000000a1";

/** The tables of the system that Galley replaces, as they were in production, views, functions and policies included. */
async function makeOrigin(): Promise<void> {
  await database.query(`
    create table topics (id uuid primary key default gen_random_uuid(), topic_title text, keywords jsonb,
      search_volume integer, competition_score numeric(3,2), priority_score integer, status text, content_template text,
      style_preferences jsonb, created_at timestamptz default now(), used_at timestamptz);
    create table articles (id uuid primary key, title text, content text, meta_description text, slug text unique,
      status text, target_keywords jsonb, shopify_blog_id bigint, shopify_article_id bigint,
      scheduled_publish_date timestamptz, seo_score integer, word_count integer, reading_time integer,
      source_topic_id uuid references topics, generation_started_at timestamptz, generation_completed_at timestamptz,
      ai_model_used text, generation_prompt_version text, created_at timestamptz default now(),
      updated_at timestamptz default now(), published_at timestamptz);
    create table generation_jobs (id text primary key, topic_id uuid references topics on delete cascade,
      article_id uuid references articles on delete set null, request_data jsonb not null,
      status text not null default 'pending', phase text not null default 'queued', percentage integer not null default 0,
      current_step text not null, estimated_time_remaining integer, provider_used text, cost numeric(10,6),
      word_count integer, seo_score integer, result_data jsonb, error_message text, created_at timestamptz default now(),
      started_at timestamptz, completed_at timestamptz, last_updated timestamptz default now(), attempts integer default 0,
      max_attempts integer default 3, last_error text);
    create index idx_generation_jobs_status on generation_jobs (status);
    create view active_generation_jobs as select id from generation_jobs where status = 'pending';
    create view generation_job_stats as select count(*) as total from generation_jobs;
    create function get_job_progress(job_id text) returns jsonb language sql as $$ select '{}'::jsonb $$;
    create function cleanup_old_generation_jobs() returns integer language sql as $$ select 0 $$;

    insert into topics (id, topic_title, keywords, competition_score, status) values
      ('${topic}', 'Road bikes', '["bike", "road"]', 0.55, 'in_progress'),
      ('00000000-0000-4000-8000-000000000002', null, null, null, 'pending'),
      ('00000000-0000-4000-8000-000000000003', 'Rain', '"rain, coat"', null, 'archived');
    insert into articles (id, title, content, slug, status, shopify_blog_id, seo_score, source_topic_id) values
      ('${article}', 'Road bikes', '# Road bikes', 'road-bikes', 'published', 77, 140, '${topic}'),
      ('00000000-0000-4000-8000-0000000000a2', 'No slug', '', null, 'draft', null, 80, null);
    insert into generation_jobs (id, topic_id, article_id, request_data, status, phase, percentage, current_step, cost,
      seo_score, result_data, error_message, created_at, started_at, completed_at, attempts, last_error) values
      ('job_done', '${topic}', '${article}', '{"topic": {"title": "Road bikes"}}', 'completed', 'completed', 98, 'Done', 0.012345,
        81, '{"title": "Road bikes"}', null, '2025-01-02T03:04:05Z', '2025-01-02T03:04:06Z', null, 1, null),
      ('job_failed', null, null, '{}', 'failed', 'error', 30, 'Failed', null, null, null, 'No key', '2025-01-02T03:04:05Z',
        '2025-01-02T03:04:06Z', null, 5, 'No key'),
      ('job_error', null, null, '{}', 'pending', 'error', -5, 'Failed', -1, 200, null, null, '2025-01-02T03:04:05Z', null, null,
        0, 'Timed out'),
      ('job_cancelled', null, null, '{}', 'cancelled', 'writing', 60, 'Writing', 0, null, null, null, '2025-01-02T03:04:05Z',
        '2025-01-02T03:04:06Z', '2025-01-02T03:05:00Z', 0, null),
      ('job_running', '${topic}', null, '{"topic": {"title": "Rain"}}', 'pending', 'writing', 60, 'Writing', 0, null, null, null, '2025-01-02T03:04:05Z',
        '2025-01-02T03:04:06Z', null, 0, null)`);
}

async function adopt(...args: string[]): Promise<string> {
  const { exit, stdout, stderr } = run("scripts/db/adopt.ts", args, { DATABASE_URL: database.url });
  expect([await exit, stderr()]).toEqual([0, ""]);
  return stdout();
}

const tables = async () =>
  (await database.query("select schemaname, tablename from pg_tables where schemaname !~ '^pg_' order by 1, 2"))
    .rows;

test("a dry run counts what would come over, and changes nothing", async () => {
  await makeOrigin();
  const before = await tables();
  expect(await adopt("--dry-run")).toBe(
    `Would take over 2 topics, 1 articles and 5 jobs from the schema public.
1 of the jobs had not ended: they have failed as worker_lost.
Would leave 1 topics, 1 articles and 0 jobs: without a title or slug, or with an id or slug that is taken.
Would move the old tables to the schema galley_origin.
`,
  );
  expect(await tables()).toEqual(before);
});

test("the old system's rows come over under their ids, every job finished, and can be read, listed and resumed", async () => {
  await makeOrigin();
  await adopt();
  expect(await migrateDatabase(database.url)).toEqual([]);
  const { rows } = await database.query(
    "select id, status, phase, percentage, cost, seo_score, error_code, error_message, attempts, max_attempts, completed_at is not null as ended from generation_jobs order by id",
  );
  const failed = { status: "failed", ended: true, seo_score: null };
  expect(rows).toEqual([
    {
      id: "job_cancelled",
      status: "cancelled",
      phase: "analyzing",
      percentage: 60,
      cost: "0.000000000000",
      seo_score: null,
      error_code: null,
      error_message: null,
      attempts: 0,
      max_attempts: 3,
      ended: true,
    },
    {
      id: "job_done",
      status: "completed",
      phase: "completed",
      percentage: 100,
      cost: "0.012345000000",
      seo_score: 81,
      error_code: null,
      error_message: null,
      attempts: 1,
      max_attempts: 3,
      ended: true,
    },
    {
      ...failed,
      id: "job_error",
      phase: "queued",
      percentage: 0,
      cost: null,
      error_code: "internal",
      error_message: "Timed out",
      attempts: 0,
      max_attempts: 3,
    },
    {
      ...failed,
      id: "job_failed",
      phase: "analyzing",
      percentage: 30,
      cost: null,
      error_code: "internal",
      error_message: "No key",
      attempts: 5,
      max_attempts: 5,
    },
    {
      ...failed,
      id: "job_running",
      phase: "analyzing",
      percentage: 60,
      cost: "0.000000000000",
      error_code: "worker_lost",
      error_message: "The job had not ended when Galley took it over.",
      attempts: 0,
      max_attempts: 3,
    },
  ]);
  expect((await database.query("select topic_title, keywords, status from topics order by id")).rows).toEqual([
    { topic_title: "Road bikes", keywords: ["bike", "road"], status: "in_progress" },
    { topic_title: "Rain", keywords: ["rain", "coat"], status: "pending" },
  ]);

  const config = readConfig({ DATABASE_URL: database.url, PORT: "0", ROLES: "api" });
  const galley = await startGalley(config, { jobTypes, log: createLog("silent") });
  try {
    const http = request(galley.url ?? "");
    expect((await http.get("/v1/jobs/job_done")).body).toMatchObject({ articleId: article, topicId: topic });
    expect((await http.get(`/v1/articles/${article}`).set("Accept", "text/markdown")).text).toContain(
      "# Road bikes",
    );
    const events = await http.get("/v1/jobs/job_failed/events").set("Accept", "application/json");
    expect(events.body.data.map(({ id, type }: { id: number; type: string }) => [id, type])).toEqual([
      [1, "submitted"],
      [2, "failed"],
    ]);
    expect((await http.post("/v1/jobs/job_running/resume")).body).toMatchObject({ status: "processing" });
  } finally {
    await galley.close();
  }
});

test("the old tables are kept aside with all their rows", async () => {
  await makeOrigin();
  await adopt();
  const { rows } = await database.query("select count(*)::integer as jobs from galley_origin.generation_jobs");
  expect(rows).toEqual([{ jobs: 5 }]);
});

test("into a schema of its own rows are copied, the old tables stay, and a second time nothing is doubled", async () => {
  await makeOrigin();
  const env = { DATABASE_URL: database.url, DATABASE_SCHEMA: "galley" };
  for (const line of [/^Took over 2 topics, 1 articles and 5 jobs/, /^Took over 0 topics, 0 articles and 0 jobs/]) {
    const done = run("scripts/db/adopt.ts", [], env);
    expect(await done.exit).toBe(0);
    expect(done.stdout()).toMatch(line);
    expect(done.stdout()).not.toContain("galley_origin");
  }
  expect((await database.query("select count(*)::integer as jobs from public.generation_jobs")).rows[0].jobs).toBe(
    5,
  );
  expect((await database.query("select count(*)::integer as jobs from galley.generation_jobs")).rows[0].jobs).toBe(
    5,
  );
});

test("where there is nothing to take over it says so", async () => {
  await migrateDatabase(database.url);
  const { exit, stderr } = run("scripts/db/adopt.ts", [], { DATABASE_URL: database.url });
  expect(await exit).toBe(1);
  expect(stderr()).toBe("There is nothing to take over: no table generation_jobs of another system in public.\n");
});

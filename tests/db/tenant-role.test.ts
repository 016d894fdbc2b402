import { afterAll, beforeAll, expect, test } from "@jest/globals";
import pg from "pg";
import { createTopic, listTopics } from "../../src/content/topics.ts";
import { statement } from "../../src/db/commit/statement.ts";
import { migrateDatabase } from "../../src/db/migrate.ts";
import { asTenant, hasTenantRole } from "../../src/db/rights/tenant-role.ts";
import { generationJobs, topics } from "../../src/db/schema/index.ts";
import { startTestGalley, type TestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api" } });
  const { service, database } = galley;
  for (const tenant of ["acme", "rival"]) {
    const submission = { type: "relay", input: { text: tenant } };
    await service.batches.submit(tenant, { jobs: [submission, submission], tags: [] });
    await createTopic(database.db, tenant, { title: tenant, keywords: [] });
    await galley.test.query(
      "insert into webhook_endpoints (id, tenant, url, events) values (gen_random_uuid(), $1, 'https://shop.example', '{job.cancelled}')",
      [tenant],
    );
    await galley.test.query(
      "insert into articles (id, tenant, title, slug, content) values (gen_random_uuid(), $1, $1, $1, 'Text')",
      [tenant],
    );
    await galley.test.query(
      "insert into schedules (id, tenant, type, input, cron, time_zone, missed) values (gen_random_uuid(), $1, 'relay', '{}', '0 6 * * *', 'UTC', 'once')",
      [tenant],
    );
    await galley.test.query("insert into generation_job_tombstones (id, tenant) values ('job_' || $1, $1)", [
      tenant,
    ]);
    await service.cancel(tenant, (await service.list(tenant, { limit: 1 })).jobs[0]?.id ?? "");
  }
  await galley.test.query(`
    insert into generation_job_hours (hour, tenant, type) values (now(), 'acme', 'relay'), (now(), 'rival', 'relay');
    insert into provider_calls (id, job_id, tenant, phase, step, attempt, provider, model, state, finished_at)
    select gen_random_uuid(), id, tenant, 'first', 'one', 1, 'openai', 'x', 'succeeded', now() from generation_jobs;
    insert into shops (id, tenant, domain, kind, credentials)
    select gen_random_uuid(), tenant, tenant || '.myshopify.com', 'access_token', 'sealed' from articles;
    insert into publications (tenant, article_id, shop, blog_id, job_id, handle)
    select tenant, id, tenant || '.myshopify.com', '1', 'job', slug from articles;
    insert into generation_phases (job_id, phase, attempts, seconds, output)
    select id, 'first', 1, 1, to_jsonb(tenant) from generation_jobs;
    insert into generation_answers (job_id, phase, name, schema, until, question)
    select id, 'first', 'approval', '{}', now(), tenant from generation_jobs;
    select add_to_generation_job_counts(array_agg(counted)) from generation_jobs job, generation_job_as_created(job) as counted;
    select add_to_provider_call_counts(array_agg(counted)) from provider_calls call, provider_call_as_ended(call) as counted`);
});
afterAll(() => galley.close());

const tablesOf = async (sql: string): Promise<string[]> =>
  (await galley.test.query<{ table: string }>(sql)).rows.map(({ table }) => table);
const seen = (table: string) =>
  asTenant(galley.database.db, "acme", ({ query }) =>
    query<{ tenant: string; output?: string; question?: string }>(statement(`select * from ${table}`), []),
  );

test("a statement that forgets to name the tenant sees the rows of that tenant alone", async () => {
  const open = await tablesOf(
    "select tablename as table from pg_policies where 'galley_tenant' = any(roles) and qual <> 'true' order by 1",
  );
  expect(open).toHaveLength(16);
  for (const table of open) {
    const rows = await seen(table);
    expect([
      table,
      rows.length > 0,
      new Set(rows.map(({ tenant, output, question }) => tenant ?? output ?? question)),
    ]).toEqual([table, true, new Set(["acme"])]);
  }
});

test("every other table that has rows of tenants is closed to it", async () => {
  const closed = await tablesOf(
    `select table_name as table from information_schema.columns
    where table_schema = 'public' and column_name in ('tenant', 'job_id') and table_name not like '%\\_jobs%'
      and table_name not in (select tablename from pg_policies where 'galley_tenant' = any(roles)) order by 1`,
  );
  expect(closed).toEqual(expect.arrayContaining(["api_keys", "generation_job_events", "generation_steps"]));
  for (const table of closed) await expect(seen(table)).rejects.toThrow("permission denied");
});

test("it writes no row of another tenant, and no job", async () => {
  const { db } = galley.database;
  const foreign = { id: crypto.randomUUID(), tenant: "rival", topicTitle: "Theirs" };
  const write = (run: Parameters<typeof asTenant>[2]) =>
    asTenant(db, "acme", run).catch((error) => error.cause.message);
  expect(await write(({ tx }) => tx.insert(topics).values(foreign))).toMatch("row-level security");
  expect(await write(({ tx }) => tx.update(generationJobs).set({ priority: 9 }))).toMatch("permission denied");
  expect(await write(({ tx }) => tx.delete(generationJobs))).toMatch("permission denied");
});

test("the connection is its own again afterwards", async () => {
  const { db, pool } = galley.database;
  await Promise.all(Array.from({ length: 20 }, () => listTopics(db, "acme", { limit: 5 })));
  const { rows } = await pool.query(
    "select current_user = session_user as own, current_setting('app.tenant_id', true) as tenant",
  );
  expect(rows[0].own).toBe(true);
  expect(rows[0].tenant ?? "").toBe("");
});

test("a tenant's name is never read as SQL", async () => {
  const { db } = galley.database;
  const name = "o'hara'; reset role; --";
  await createTopic(db, name, { title: "Quotes", keywords: [] });
  expect((await listTopics(db, name, { limit: 5 })).topics.map(({ tenant }) => tenant)).toEqual([name]);
});

test("a right that the role lost or a release adds is given at the next start, and looked for", async () => {
  const { url } = galley.test;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const right of ["insert on topics", "execute on function histogram_bucket"]) {
    await client.query(`revoke ${right} from galley_tenant`);
    expect([right, await hasTenantRole(client)]).toEqual([right, false]);
    await migrateDatabase(url);
    expect([right, await hasTenantRole(client)]).toEqual([right, true]);
  }
  await client.end();
});

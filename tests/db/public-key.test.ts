import { afterAll, beforeAll, expect, test } from "@jest/globals";
import pg from "pg";
import { createLog } from "../../src/log/log.ts";
import { type Galley, startGalley } from "../../src/process/start.ts";
import { readConfig } from "../../src/settings/config.ts";
import { whenFinished } from "../support/galley.ts";
import { type OwnServer, startOwnServer } from "../support/own-server.ts";
import { relay } from "../support/types.ts";

let server: OwnServer;
let galley: Galley;
let client: pg.Client;
let jobId: string;
beforeAll(async () => {
  server = await startOwnServer();
  const url = await server.create("hosted");
  // As Supabase sets a database up.
  await server.query(
    `create role anon; create role authenticated; create role service_role bypassrls;
    grant usage on schema public to anon, authenticated, service_role;
    alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
    alter default privileges in schema public grant all on functions to anon, authenticated, service_role;
    alter default privileges in schema public grant all on sequences to anon, authenticated, service_role;
    alter default privileges grant all on tables to anon`,
    "hosted",
  );
  const config = readConfig({ DATABASE_URL: url, PORT: "0" });
  galley = await startGalley(config, { jobTypes: [relay()], log: createLog("silent") });
  const { job } = await galley.service.submit("local", { type: "relay", input: { text: "go" } });
  await whenFinished(galley, job.id);
  jobId = job.id;
  await galley.service.submit("acme", { type: "relay", input: { text: "theirs" } });
  client = new pg.Client({ connectionString: url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await galley.close();
  await server.stop();
});

const ask = async (role: string, sql: string): Promise<string> => {
  await client.query(`set role ${role}`);
  try {
    const { rows } = await client.query(sql);
    return JSON.stringify(rows);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await client.query("reset role");
  }
};

test("row level security is on for every table of Galley's", async () => {
  const { rows } = await client.query(
    "select relname, relrowsecurity from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')",
  );
  expect(rows.length).toBeGreaterThan(10);
  expect(rows.filter(({ relrowsecurity }) => !relrowsecurity)).toEqual([]);
});

test("who holds the public key reaches no table, view, sequence or function of Galley's or the queue's", async () => {
  const { rows: tables } = await client.query<{ name: string }>(
    `select format('%I.%I', relnamespace::regnamespace::name, relname) as name from pg_class
    where relnamespace in ('public'::regnamespace, 'galley_queue'::regnamespace) and relkind in ('r', 'p', 'v', 'm', 'S')`,
  );
  expect(tables.length).toBeGreaterThan(20);
  for (const { name } of tables)
    expect(await ask("anon", `select * from ${name}`)).toMatch(/^permission denied for /);

  const { rows: functions } = await client.query<{ name: string; mayRun: boolean; signedInMayRun: boolean }>(
    `select proname as name, has_function_privilege('anon', oid, 'execute') as "mayRun",
      has_function_privilege('authenticated', oid, 'execute') as "signedInMayRun"
    from pg_proc where pronamespace = 'public'::regnamespace`,
  );
  expect(functions.length).toBeGreaterThan(3);
  expect(functions.filter(({ mayRun }) => mayRun)).toEqual([]);
  expect(functions.filter(({ signedInMayRun }) => signedInMayRun).map(({ name }) => name)).toEqual([
    "get_job_progress",
  ]);
});

test("who has signed in reads the jobs of its tenant and the two views, and writes nothing", async () => {
  expect(await ask("authenticated", "select id from generation_jobs")).toBe(JSON.stringify([{ id: jobId }]));
  expect(await ask("authenticated", "select total_jobs, completed_jobs from generation_job_stats")).toBe(
    JSON.stringify([{ total_jobs: 1, completed_jobs: 1 }]),
  );
  expect(await ask("authenticated", "select id from active_generation_jobs")).toBe("[]");
  expect(await ask("authenticated", `select get_job_progress('${jobId}')->>'status' as status`)).toBe(
    JSON.stringify([{ status: "completed" }]),
  );

  const { rows } = await client.query<{ relname: string; rights: string | null }>(
    `select relname, (
        select string_agg(privilege, ' ' order by privilege) from unnest(array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE',
          'REFERENCES', 'TRIGGER']) as privilege where has_table_privilege('authenticated', pg_class.oid, privilege)
      ) as rights
    from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v')`,
  );
  expect(rows.filter(({ rights }) => rights !== null)).toEqual([]);
  for (const table of ["tenants", "provider_calls", "generation_steps", "generation_job_events", "workers"]) {
    expect(await ask("authenticated", `select from ${table}`)).toBe(`permission denied for table ${table}`);
  }
  expect(await ask("authenticated", "select content from articles")).toBe("permission denied for table articles");
});

test("another application's tables and the default privileges stay as they were", async () => {
  await server.query("create table theirs (id integer)", "hosted");
  expect(await ask("anon", "select * from theirs")).toBe("[]");
});

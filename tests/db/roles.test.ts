import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from "@jest/globals";
import request from "supertest";
import { createKey, listKeys } from "../../src/access/keys.ts";
import { usualScopes } from "../../src/access/scopes.ts";
import { withClient } from "../../src/db/connect.ts";
import { grantsFor } from "../../src/db/rights/grants.ts";
import { createLog } from "../../src/log/log.ts";
import { type Galley, startGalley } from "../../src/process/start.ts";
import { readConfig } from "../../src/settings/config.ts";
import { at } from "../support/database.ts";
import { eventually, whenFinished } from "../support/galley.ts";
import { as, type OwnServer, startOwnServer } from "../support/own-server.ts";
import { run } from "../support/process.ts";
import { relay } from "../support/types.ts";

let server: OwnServer;
beforeAll(async () => {
  server = await startOwnServer();
  await server.query("create role app login password 'secret'");
});
afterAll(() => server.stop());

let name: string;
let url: string;
let counter = 0;
let galley: Galley | undefined;
beforeEach(async () => {
  name = `roles_${++counter}`;
  url = as(await server.create(name), "app");
});
afterEach(async () => {
  await galley?.close();
  galley = undefined;
});

async function start(address = url, env: Record<string, string> = {}): Promise<Galley> {
  const config = readConfig({ DATABASE_URL: address, PORT: "0", ...env });
  galley = await startGalley(config, { jobTypes: [relay()], log: createLog("silent") });
  return galley;
}

async function runs(running: Galley): Promise<void> {
  const { job } = await running.service.submit("local", { type: "relay", input: { text: "go" } });
  expect(await whenFinished(running, job.id)).toMatchObject({ status: "completed" });
}

/** Keys, their use, their limit and tokens are rows that the role reads and writes. */
async function servesKeys({ service, database: { db }, url: address }: Galley): Promise<void> {
  const { job } = await service.submit("acme", { type: "relay", input: { text: "go" } });
  const key = await createKey(db, "acme", usualScopes);
  const asked = await request(String(address))
    .post("/v1/tokens")
    .set("Authorization", `Bearer ${key}`)
    .send({ jobId: job.id });
  expect([asked.status, asked.headers.ratelimit]).toEqual([201, expect.stringMatching(/^"minute"; r=5999;/)]);
  const read = await request(String(address)).get(`/v1/jobs/${job.id}?token=${asked.body.token}`);
  expect([read.status, read.body.id]).toEqual([200, job.id]);
  await eventually(
    () => listKeys(db),
    ([used]) => used?.lastUsedAt !== null,
  );
}

const printed = async (args: string[]) => {
  const { exit, stdout, stderr } = run("scripts/db/grants.ts", args, { DATABASE_URL: url });
  expect([await exit, stderr()]).toEqual([0, ""]);
  return stdout();
};

test("a role that owns nothing gets one line with the missing right, and runs with what db:grants prints", async () => {
  const refusal = await start().catch((error: Error) => error.message);
  expect(refusal).toBe(
    `The role app lacks a right in the database: permission denied for schema public. ` +
      "The database's owner grants what this prints: npm run db:grants -- --role app",
  );
  const sql = await printed(["--role", "app"]);
  expect(sql).toBe(
    'create role galley_tenant nologin;\ngrant galley_tenant to "app";\n' +
      'grant usage, create on schema "public" to "app";\ncreate schema "galley_queue";\n' +
      'grant usage, create on schema "galley_queue" to "app";\n',
  );
  await server.query(sql, name);
  await runs(await start());
  expect(galley?.database.session.hasTenantRole).toBe(true);
  expect(await printed(["--role", "app"])).toBe("-- The role app has what Galley needs.\n");
});

test("a schema named after the role is used when DATABASE_SCHEMA names it", async () => {
  const place = { schema: "app", queueSchema: "app_queue" };
  await server.query((await grantsFor(url, place, "app")).join("\n"), name);
  await runs(await start(url, { DATABASE_SCHEMA: "app", QUEUE_SCHEMA: "app_queue" }));
  const { rows } = await server.query("select schemaname from pg_tables where tablename = 'generation_jobs'", name);
  expect(rows).toEqual([{ schemaname: "app" }]);
});

test("where another role migrates, a role with what is printed runs jobs and cannot change a table", async () => {
  const admin = at(server.url, name);
  const first = await start(admin);
  await first.close();
  galley = undefined;
  await expect(start()).rejects.toThrow(
    /^The role app lacks a right in the database: permission denied for [^\n]+$/,
  );
  const sql = await printed(["--role", "app"]);
  await server.query(sql, name);
  const second = await start();
  await runs(second);
  await servesKeys(second);
  expect(second.database.session.hasTenantRole).toBe(true);
  expect(await printed(["--role", "app"])).toBe("-- The role app has what Galley needs.\n");
  await expect(second.database.pool.query("alter table topics add column x integer")).rejects.toThrow(
    "must be owner of table topics",
  );
});

test("an owner that is no superuser migrates and runs what is printed, and a role runs jobs with that", async () => {
  await server.query("create role keeper login createrole password 'secret'");
  await server.query(`alter database ${name} owner to keeper`);
  const keeper = as(at(server.url, name), "keeper");
  const migrated = run("scripts/db/migrate.ts", [], { DATABASE_URL: keeper });
  expect([await migrated.exit, migrated.stderr()]).toEqual([0, ""]);
  const { exit, stdout } = run("scripts/db/grants.ts", ["--role", "app"], { DATABASE_URL: keeper });
  expect(await exit).toBe(0);
  await withClient({ connectionString: keeper }, (client) => client.query(stdout()));
  await runs(await start());
  expect(await printed(["--role", "app"])).toBe("-- The role app has what Galley needs.\n");
});

test("a role that may not act as the one of requests answers them without row level security, and says so", async () => {
  await server.query("create role plain login password 'secret'");
  await server.query("create database plain owner plain");
  const config = readConfig({ DATABASE_URL: as(at(server.url, "plain"), "plain"), PORT: "0" });
  const log = createLog("silent");
  const warnings = jest.spyOn(log, "warn");
  galley = await startGalley(config, { jobTypes: [relay()], log });
  expect(galley.database.session.hasTenantRole).toBe(false);
  await runs(galley);
  expect((await request(String(galley.url)).get("/v1/topics")).body).toEqual({ data: [], nextCursor: null });
  expect(warnings).toHaveBeenCalledWith({
    event: "row_level_security_off",
    reason: "plain may not act as galley_tenant: npm run db:grants -- --role plain prints what it needs",
  });
});

test("a role that is not there yet is created first", async () => {
  expect(await printed(["--role", "nobody-yet"])).toMatch(/^create role "nobody-yet" login password '…';\n/);
});

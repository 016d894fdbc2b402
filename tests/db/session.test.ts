import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { reachServer, withClient } from "../../src/db/connect.ts";
import { createLog } from "../../src/log/log.ts";
import { type Galley, startGalley } from "../../src/process/start.ts";
import { readConfig } from "../../src/settings/config.ts";
import { whenFinished } from "../support/galley.ts";
import { type Line, openLine } from "../support/line.ts";
import { as, type OwnServer, startOwnServer } from "../support/own-server.ts";
import { relay } from "../support/types.ts";

/** What a role or a database may have set, and what would come of it. */
const hostile = {
  datestyle: "German",
  intervalstyle: "sql_standard",
  timezone: "Asia/Kathmandu",
  extra_float_digits: "-15",
  bytea_output: "escape",
  search_path: "pg_catalog",
  row_security: "off",
  default_transaction_isolation: "serializable",
  default_transaction_read_only: "on",
  default_transaction_deferrable: "on",
  statement_timeout: "300ms",
  lock_timeout: "300ms",
  idle_in_transaction_session_timeout: "300ms",
  idle_session_timeout: "5s",
  transaction_timeout: "300ms",
  standard_conforming_strings: "off",
};

let server: OwnServer;
beforeAll(async () => {
  server = await startOwnServer();
  await server.query("create role app login password 'secret'");
  for (const [name, value] of Object.entries(hostile))
    await server.query(`alter role app set ${name} = '${value}'`);
  await server.query("alter role app set client_encoding = 'LATIN1'");
});
afterAll(() => server.stop());

let url: string;
let counter = 0;
let galley: Galley | undefined;
let line: Line | undefined;
beforeEach(async () => {
  url = as(await server.create(`session_${++counter}`, "owner app"), "app");
});
afterEach(async () => {
  await galley?.close();
  await line?.close();
  galley = line = undefined;
});

async function start(address: string): Promise<Galley> {
  const config = readConfig({ DATABASE_URL: address, PORT: "0", DATABASE_SCHEMA: "galley" });
  galley = await startGalley(config, { jobTypes: [relay()], log: createLog("silent") });
  return galley;
}

/** A job is submitted over HTTP, runs, and is read with its times. */
async function serves(running: Galley): Promise<void> {
  const input = { text: "Grüße 👋 \\ '" };
  const submitted = await request(running.url ?? "")
    .post("/v1/jobs")
    .send({ type: "relay", input });
  expect(submitted.status).toBe(202);
  expect(await whenFinished(running, submitted.body.id)).toMatchObject({ status: "completed" });
  const read = await request(running.url ?? "").get(`/v1/jobs/${submitted.body.id}`);
  expect(read.body).toMatchObject({ status: "completed", input, result: { text: `${input.text} first second` } });
  expect(Math.abs(Date.now() - Date.parse(read.body.createdAt))).toBeLessThan(60_000);
  // Longer than the role's own statements may take.
  await running.database.pool.query("select pg_sleep(0.5)");
}

test("whatever a role has set, jobs are submitted, run and read", async () => {
  await serves(await start(url));
});

test("so it is behind a pooler that takes no settings of a connection's", async () => {
  line = await openLine(url, { pooled: true, refusesOptions: true });
  await serves(await start(line.url));
});

test("what the address asks for is kept, and ours comes after it", async () => {
  const address = new URL(url);
  address.searchParams.set("options", "-c work_mem=7MB -c datestyle=German");
  const { config } = await reachServer(address.toString());
  const shown = await withClient(config, (client) =>
    client.query("select current_setting('work_mem') as memory, current_setting('datestyle') as style"),
  );
  expect(shown.rows).toEqual([{ memory: "7MB", style: "ISO, MDY" }]);
});

test("where a role's settings fit anyway, a pooler costs a statement no transaction of its own", async () => {
  const fits = await server.create(`session_${++counter}`);
  await server.query(`alter database session_${counter} set timezone = 'UTC'`);
  line = await openLine(fits, { refusesOptions: true });
  expect(await reachServer(line.url)).toMatchObject({ wrapsStatements: false });
  expect(await reachServer(line.url, { schema: "other" })).toMatchObject({ wrapsStatements: true });
});

test("a database that is not in UTF-8 is refused at the start", async () => {
  const ascii = await server.create(
    "ascii",
    "encoding 'SQL_ASCII' locale 'C' locale_provider libc template template0",
  );
  await expect(reachServer(ascii)).rejects.toThrow(
    /^The database at 127\.0\.0\.1:\d+\/ascii keeps its texts in SQL_ASCII, and Galley's need UTF8\. Create another one: create database ascii_utf8 encoding 'UTF8' template template0$/,
  );
});

import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import pg from "pg";
import request from "supertest";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../src/postgres/embedded.ts";
import { findPostmaster } from "../../src/postgres/postmaster.ts";
import { eventually } from "../support/galley.ts";
import { as } from "../support/own-server.ts";
import { type Run, run } from "../support/process.ts";

let folder: string;
let isMounted: boolean;
let server: EmbeddedPostgres;
let service: Run;
let url: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "galley-writes-"));
  isMounted = false;
});
afterEach(async () => {
  service.child.kill("SIGTERM");
  await service.exit;
  await server.stop();
  if (isMounted) spawnSync("umount", [folder]);
  await rm(folder, { recursive: true, force: true });
});

async function start(databaseUrl = server.url): Promise<void> {
  service = run("src/main.ts", [], { DATABASE_URL: databaseUrl, DATABASE_TIMEOUT_SECONDS: "2", PORT: "0" });
  const said = await eventually(service.stdout, (text) => text.includes("\n"));
  url = /http:\S+?(?=[,\s])/.exec(said)?.[0] ?? "";
  await eventually(readiness, ({ status }) => status === 200);
  // As Prometheus does before anything is wrong.
  await request(url).get("/metrics").expect(200);
}

const readiness = async () => await request(url).get("/readyz");
const submit = async () =>
  await request(url)
    .post("/v1/jobs")
    .send({ type: "article", input: { topic: { title: "Bread" }, targetWordCount: 300 } });

async function query(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query(sql);
  await client.end();
}

type Line = { level: string; event: string; code?: string; reason?: string; advice?: string };

const logged = (...events: string[]): Line[] =>
  service
    .stderr()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Line)
    .filter(({ event }) => events.includes(event));

/** The same 503 for who asks whether it is ready and for who wants something written, and one line in the log. */
async function expectOutage(code: string, told: string, reason: RegExp, advice: string): Promise<void> {
  const unavailable = await eventually(readiness, ({ status, body }) => status === 503 && body.sqlState === code);
  expect(unavailable.body).toMatchObject({
    status: "unavailable",
    reason: told,
    checks: { database: "unavailable" },
  });
  expect(unavailable.headers["retry-after"]).toBe("5");
  const refused = await eventually(submit, ({ status }) => status === 503);
  expect(refused.body).toMatchObject({ code: "unavailable", detail: told });
  for (let i = 0; i < 20; i++) expect((await readiness()).status).toBe(503);
  expect((await request(url).get("/metrics")).text).toMatch(/^galley_database_up 0$/m);
  // Nothing else repeats it, line after line.
  expect(logged("dispatch_failed", "queue_error", "supervise_failed")).toEqual([]);
  const lines = logged("database_unavailable").filter((line) => line.code === code);
  expect(lines).toEqual([
    expect.objectContaining({ level: "error", reason: expect.stringMatching(reason), advice }),
  ]);
}

async function expectEnd(): Promise<void> {
  await eventually(readiness, ({ status }) => status === 200);
  expect((await request(url).get("/metrics")).text).toMatch(/^galley_database_up 1$/m);
  expect(logged("database_available")).toHaveLength(1);
  const { body } = await submit();
  const read = async () => (await request(url).get(`/v1/jobs/${body.id}`)).body.status;
  await eventually(read, (status) => status === "completed");
}

const mountDisk = (on: string) => spawnSync("mount", ["-t", "tmpfs", "-o", "size=160m", "tmpfs", on]).status === 0;

/** Only root may mount, and not in every container: where it may not, the test is told as skipped. */
function canMount(): boolean {
  const on = mkdtempSync(join(tmpdir(), "galley-mount-"));
  const can = process.platform === "linux" && mountDisk(on);
  if (can) spawnSync("umount", [on]);
  rmdirSync(on);
  return can;
}

const onSmallDisk = canMount() ? test : test.skip;

onSmallDisk("a full disk is named as the cause, and /readyz is false until there is room", async () => {
  isMounted = mountDisk(folder);
  server = await startEmbeddedPostgres({ dataDir: join(folder, "data"), fsync: false });
  await start();
  const filler = join(folder, "filler");
  fill(filler);
  await expectOutage(
    "53100",
    "The database's disk is full, so nothing can be written right now.",
    /No space left on device/,
    "Free space where PostgreSQL keeps its data.",
  );
  rmSync(filler);
  await expectEnd();
});

function fill(file: string): void {
  const descriptor = openSync(file, "w");
  try {
    for (;;) writeSync(descriptor, Buffer.alloc(4096));
  } catch (error) {
    expect(error).toMatchObject({ code: "ENOSPC" });
  } finally {
    closeSync(descriptor);
  }
}

test("a role that may have no more connections is named as the cause", async () => {
  server = await startEmbeddedPostgres({ dataDir: folder, fsync: false });
  await query("create role app login password 'secret'");
  await query("alter database galley owner to app; alter schema public owner to app");
  await start(as(server.url, "app"));
  await query("alter role app connection limit 0");
  await query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'");
  await expectOutage(
    "53300",
    "The database has no connection left right now.",
    /^too many connections for role "app"$/,
    "Raise the limit of the role or server, or lower DATABASE_POOL_SIZE.",
  );
  await query("alter role app connection limit -1");
  await expectEnd();
});

test("a server that became a hot standby is reported as read-only, and is used again when it is promoted", async () => {
  server = await startEmbeddedPostgres({ dataDir: folder, fsync: false });
  await start();
  const cluster = join(folder, "postgres");
  writeFileSync(join(cluster, "standby.signal"), "");
  process.kill(findPostmaster(cluster)?.pid ?? 0, "SIGINT");
  await eventually(
    () => findPostmaster(cluster),
    (found) => found === undefined,
  );
  const again = await startEmbeddedPostgres({ dataDir: folder, fsync: false });
  await expectOutage(
    "25006",
    "The database is read-only right now.",
    /^cannot execute \w+ in a read-only transaction$/,
    "Let DATABASE_URL lead to the primary, or let the server take writes again.",
  );
  await query("select pg_promote()");
  await expectEnd();
  await again.stop();
});

test("a server or database whose default is read-only takes writes all the same", async () => {
  server = await startEmbeddedPostgres({ dataDir: folder, fsync: false });
  await start();
  await query("alter database galley set default_transaction_read_only = on");
  await query("alter system set default_transaction_read_only = on");
  await query("select pg_reload_conf()");
  await query("select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'galley%'");
  const accepted = await eventually(submit, ({ status }) => status === 202);
  const read = async () => (await request(url).get(`/v1/jobs/${accepted.body.id}`)).body.status;
  await eventually(read, (status) => status === "completed");
  expect((await readiness()).status).toBe(200);
  expect(logged("database_unavailable")).toEqual([]);
});

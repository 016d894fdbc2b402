import { once } from "node:events";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { eventually } from "../support/galley.ts";
import { type Run, run } from "../support/process.ts";

let database: TestDatabase;
let runs: Run[];
beforeEach(async () => {
  database = await createTestDatabase();
  runs = [];
});
afterEach(async () => {
  for (const { child } of runs) child.kill("SIGKILL");
  await Promise.all(runs.map(({ exit }) => exit));
  await database.drop();
});

function begin(file: string, args: string[] = [], env: Record<string, string> = {}): Run {
  const begun = run(file, args, { DATABASE_URL: database.url, PORT: "0", ...env });
  runs.push(begun);
  return begun;
}

async function finished(file: string, args: string[], env: Record<string, string> = {}) {
  const { child, exit, stdout, stderr } = begin(file, args, env);
  // What a process wrote last may come after its end.
  await once(child, "close");
  return { exit: await exit, stdout: stdout(), stderr: stderr() };
}

const keys = (...args: string[]) => finished("scripts/keys.ts", args);
const makeKey = async (...args: string[]) => (await keys("create", "--tenant", "acme", ...args)).stdout.trim();

async function startService(env: Record<string, string> = {}): Promise<string> {
  const service = begin("src/main.ts", [], env);
  const line = await eventually(service.stdout, (text) => text.includes("\n"));
  return /http:\S+?(?=[,\s])/.exec(line)?.[0] ?? "";
}

test("a key is made, listed without its secret, and revoked once", async () => {
  expect((await keys("list")).stdout).toBe("There are no keys.\n");
  const made = await keys("create", "--tenant", "acme", "--scopes", "admin,jobs:read");
  const [, id = "", secret = ""] = /^glly_([0-9a-f]{16})_([0-9a-f]{48})\n$/.exec(made.stdout) ?? [];
  expect(made).toMatchObject({ exit: 0, stderr: "The key of acme is shown this once:\n" });
  const listed = await keys("list");
  const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`;
  expect(listed.stdout).toMatch(new RegExp(`^${id}: acme, jobs:read admin, made ${time}, never used\n$`));
  expect(listed.stdout).not.toContain(secret);
  expect(await keys("revoke", id)).toEqual({ exit: 0, stdout: `Revoked ${id}.\n`, stderr: "" });
  expect((await keys("list")).stdout).toMatch(new RegExp(`, never used, revoked ${time}\n$`));
  expect(await keys("revoke", id)).toEqual({
    exit: 1,
    stdout: "",
    stderr: `There is no key ${id} that is in force.\n`,
  });
}, 60_000);

test.each([
  [[], "npm run keys: expected create or list or revoke ID, got nothing.\n"],
  [["make"], "npm run keys: expected create or list or revoke ID, got make.\n"],
  [["revoke"], "npm run keys: expected revoke ID, got revoke.\n"],
  [["list", "all"], "npm run keys: expected list, got list all.\n"],
  [["create"], "--tenant is needed: npm run keys -- create --tenant acme\n"],
  [["create", "--tenant", "a b"], '--tenant takes up to 100 visible ASCII characters, got "a b".\n'],
  [
    ["create", "--tenant", "acme", "--scopes", "jobs:read,all"],
    '--scopes takes some of jobs:read,jobs:write,admin, got "jobs:read,all".\n',
  ],
  [["list", "--tenant", "acme"], "--tenant and --scopes go with create.\n"],
])("keys %j says what it expected, and makes nothing", async (args, stderr) => {
  expect(await keys(...args)).toEqual({ exit: 1, stdout: "", stderr });
  expect((await database.query("select from api_keys")).rowCount).toBe(0);
});

test("at a host that others reach the service starts with a key alone, and wants it", async () => {
  const refused = await finished("src/main.ts", [], { HOST: "0.0.0.0" });
  expect(refused).toMatchObject({ exit: 1, stdout: "" });
  expect(refused.stderr).toMatch(
    /^HOST: at 0\.0\.0\.0 others reach the service, .*npm run keys -- create --tenant/,
  );
  const key = await makeKey();
  const { port } = new URL(await startService({ HOST: "0.0.0.0", ROLES: "api" }));
  const read = () => request(`http://127.0.0.1:${port}`).get("/v1/jobs").set("Host", "galley.example");
  expect((await read()).status).toBe(401);
  expect((await read().set("Authorization", `Bearer ${key}`)).status).toBe(200);
  await database.query("delete from api_keys");
  await eventually(
    () => read().set("Authorization", `Bearer ${key}`),
    ({ status }) => status === 401,
  );
  expect((await read()).status).toBe(401);
}, 60_000);

test("a worker alone, which nothing reaches, starts without a key at any host", async () => {
  const worker = begin("src/main.ts", [], { HOST: "0.0.0.0", ROLES: "worker" });
  expect(await eventually(worker.stdout, (text) => text.includes("\n"))).toMatch(/^Galley's worker is ready/);
});

test("generate sends GALLEY_API_KEY to a running service, and needs none for one that it starts", async () => {
  const key = await makeKey();
  const GALLEY_URL = await startService();
  const args = ["--title", "Bread", "--words", "300"];
  const refused = await finished("scripts/generate.ts", args, { GALLEY_URL });
  expect(refused).toMatchObject({ exit: 1, stdout: "" });
  expect(refused.stderr).toMatch(/^A key is needed: .*\nGALLEY_API_KEY is the key that is sent\.\n$/);
  const written = await finished("scripts/generate.ts", args, { GALLEY_URL, GALLEY_API_KEY: key });
  expect([written.exit, written.stdout.slice(0, 2), written.stderr]).toEqual([
    0,
    "# ",
    expect.stringContaining("demo"),
  ]);
  const alone = await finished("scripts/generate.ts", args);
  expect([alone.exit, alone.stdout.slice(0, 2)]).toEqual([0, "# "]);
  const { rows } = await database.query("select tenant from generation_jobs order by id");
  expect(rows).toEqual([{ tenant: "acme" }, { tenant: "local" }]);
  for (const { stderr, stdout } of runs.slice(1)) expect(stderr() + stdout()).not.toContain(key);
}, 120_000);

test("a token in an address is never logged, nor is a key", async () => {
  const key = await makeKey();
  const url = await startService({ ROLES: "api", LOG_LEVEL: "trace" });
  const bearer = { Authorization: `Bearer ${key}` };
  const job = await request(url)
    .post("/v1/jobs")
    .set(bearer)
    .send({ type: "article", input: { topic: { title: "Bread" } } });
  const { body } = await request(url).post("/v1/tokens").set(bearer).send({ jobId: job.body.id });
  await database.query("alter table generation_jobs rename to away");
  const path = `/v1/jobs/${job.body.id}`;
  expect((await request(url).get(`${path}?token=${body.token}`)).status).toBe(500);
  expect((await request(url).get(path).set(bearer)).status).toBe(500);
  const service = runs.at(-1) as Run;
  const log = await eventually(service.stderr, (text) => text.split("request_failed").length > 2);
  expect(log).toContain(path);
  expect(log).not.toContain(body.token.slice(-20));
  expect(log).not.toContain(key.slice(-20));
});

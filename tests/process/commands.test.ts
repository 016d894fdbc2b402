import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { type DemoModel, startDemoModel } from "../../src/demo/server.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { insertFinishedJobs } from "../support/finished-jobs.ts";
import { follow, run } from "../support/process.ts";

const commands: [string, string[]][] = [
  ["src/main.ts", []],
  ["scripts/generate.ts", ["title", "keywords", "words", "template", "out"]],
  ["scripts/drain.ts", ["budget"]],
  ["scripts/cleanup.ts", ["dry-run", "older-than"]],
  ["scripts/keys.ts", ["tenant", "scopes"]],
  ["scripts/pause.ts", ["all", "type", "tenant", "reason", "end"]],
  [
    "scripts/schedules.ts",
    ["tenant", "type", "input", "cron", "time-zone", "missed", "max-cost", "tags", "paused"],
  ],
  ["scripts/tenants.ts", ["tenant", "daily-budget", "weight", "max-running"]],
  ["scripts/db/migrate.ts", []],
  ["scripts/db/rollback.ts", ["yes"]],
  ["scripts/db/grants.ts", ["role"]],
  ["scripts/db/adopt.ts", ["dry-run"]],
  ["scripts/new.ts", []],
  ["scripts/sim.ts", ["port", "delay", "as", "shop", "blogs", "fault"]],
  ["scripts/trials/chaos.ts", ["minutes", "jobs", "workers", "slots", "seed"]],
  ["scripts/trials/failover.ts", ["jobs", "workers", "slots"]],
  ["scripts/trials/bench.ts", ["json", "only", "jobs", "rounds", "rows", "minutes"]],
  ["scripts/check-config.ts", []],
  ["scripts/check-model.ts", []],
];

// Nothing answers there: a command that reached for it would say so, or wait.
const nowhere = { DATABASE_URL: "postgres://galley@127.0.0.1:1/galley", DATABASE_WAIT_SECONDS: "0" };

test.each(commands)("%s tells its flags at --help, and does nothing", async (file, flags) => {
  const help = run(file, ["--help"], nowhere);
  expect(await help.exit).toBe(0);
  expect(help.stdout()).toMatch(/^npm (run|start)/);
  for (const flag of flags) expect(help.stdout()).toContain(`--${flag} `);
  expect(help.stderr()).toBe("");
});

test.each(commands)("%s refuses a flag that it does not know, before it does anything", async (file) => {
  const refused = run(file, ["--colour"], nowhere);
  expect(await refused.exit).toBe(1);
  expect(refused.stderr()).toMatch(/^npm .*: Unknown option '--colour'\. It knows .*--help.*\n$/);
  expect(refused.stdout()).toBe("");
});

test("a job type that is not there is not paused, and a pause of one that was can be ended", async () => {
  const pause = run("scripts/pause.ts", ["--type", "artcle"], nowhere);
  expect(await pause.exit).toBe(1);
  expect(pause.stderr()).toMatch(/^There is no job type "artcle"\. There are article, .*\.\n$/);
  const end = run("scripts/pause.ts", ["--type", "artcle", "--end"], nowhere);
  expect(await end.exit).toBe(1);
  expect(end.stderr()).toContain("Cannot use the PostgreSQL");
});

test("a flag that npm took for itself is named, and nothing is removed", async () => {
  // As `npm run cleanup --dry-run` runs it.
  const cleanup = run("scripts/cleanup.ts", [], { ...nowhere, npm_config_dry_run: "true" });
  expect(await cleanup.exit).toBe(1);
  expect(cleanup.stderr()).toBe(
    "npm took --dry-run for itself. Write -- before it: npm run cleanup -- --dry-run …\n",
  );
});

let database: TestDatabase;
let folder: string;
let model: DemoModel | undefined;
beforeEach(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "galley-commands-"));
});
afterEach(async () => {
  await model?.close();
  model = undefined;
  await rm(folder, { recursive: true, force: true });
  await database.drop();
});

test("db:rollback says what it would remove, and wants --yes when there are rows", async () => {
  const rollback = async (...args: string[]) => {
    const done = run("scripts/db/rollback.ts", args, { DATABASE_URL: database.url });
    return { code: await done.exit, output: done.stdout() + done.stderr() };
  };
  const countArticles = async () => (await database.query("select from articles")).rowCount;
  await database.query(
    "insert into articles (id, tenant, title, slug, content) values (gen_random_uuid(), 'local', 'Kept', 'kept', 'Text')",
  );
  // Down to the first migration, which made the tables.
  const countMigrations = async () => (await database.query("select from galley_migrations")).rowCount ?? 0;
  while ((await countMigrations()) > 1) await rollback("--yes");
  const refused = await rollback();
  expect(refused.code).toBe(1);
  expect(refused.output).toMatch(/^Taking back 0000_\w+ would remove .*the table articles \(1 row\).*-- --yes\n$/);
  expect(await countArticles()).toBe(1);
  expect(await rollback("--yes")).toMatchObject({ code: 0, output: expect.stringContaining("articles (1 row)") });
}, 120_000);

test("generate looks whether it can write its file before anything is paid", async () => {
  let calls = 0;
  model = await startDemoModel({
    onRequest: async () => {
      calls++;
    },
  });
  const out = join(folder, "no", "such", "folder.md");
  const env = {
    DATABASE_URL: database.url,
    OPENAI_BASE_URL: model.baseURL,
    OPENAI_MODEL: "any",
    MODEL_API: "responses",
  };
  const generate = run("scripts/generate.ts", ["--title", "Bread", "--out", out], env);
  expect(await generate.exit).toBe(1);
  expect(generate.stderr()).toMatch(/^--out .*folder\.md cannot be written: ENOENT/);
  expect(calls).toBe(0);
});

test("generate tells where the article is when its file cannot be written in the end", async () => {
  const out = join(folder, "article.md");
  model = await startDemoModel({
    // As if its folder were removed meanwhile.
    onRequest: () => rm(folder, { recursive: true, force: true }),
  });
  const env = {
    DATABASE_URL: database.url,
    OPENAI_BASE_URL: model.baseURL,
    OPENAI_MODEL: "any",
    MODEL_API: "responses",
  };
  const generate = run("scripts/generate.ts", ["--title", "Bread", "--words", "300", "--out", out], env);
  expect(await generate.exit).toBe(1);
  const { rows } = await database.query("select id from articles");
  expect(generate.stderr()).toContain(`/v1/articles/${rows[0].id}`);
}, 60_000);

test("a command whose reader has enough ends in good order", async () => {
  const shown = run("scripts/check-config.ts", [], {});
  shown.child.stdout?.destroy();
  expect(await shown.exit).toBe(0);
  expect(shown.stderr()).toBe("");
});

test("a Node that is too old says in one line what to do", async () => {
  const child = spawn(
    process.execPath,
    [
      "-e",
      `Object.defineProperty(process, 'versions', { value: { node: '20.20.2' } }); import('./scripts/node/require-node.mjs')`,
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const old = follow(child);
  expect(await old.exit).toBe(1);
  expect(old.stderr()).toMatch(/^Galley's own Node is not there, .* run npm ci, without --ignore-scripts\.\n$/);
});

test("tenants sets what is given, keeps the rest, and says what it expected of a wrong value", async () => {
  const env = { DATABASE_URL: database.url };
  const tenants = async (...args: string[]) => {
    const command = run("scripts/tenants.ts", args, env);
    return { exit: await command.exit, stdout: command.stdout(), stderr: command.stderr() };
  };
  await tenants("--tenant", "acme", "--weight", "2", "--daily-budget", "5");
  expect(await tenants("--tenant", "acme", "--max-running", "10")).toEqual({
    exit: 0,
    stdout: "acme: 0.000000000000 USD used today, of 5.000000000000 USD, weight 2, at most 10 running jobs\n",
    stderr: "",
  });
  expect((await tenants("--tenant", "acme", "--max-running", "none")).stdout).toContain("no limit of running jobs");
  expect(await tenants("--tenant", "acme", "--weight", "0")).toEqual({
    exit: 1,
    stdout: "",
    stderr: '--weight takes a number from 1 to 100, got "0".\n',
  });
  expect((await tenants("--weight", "2")).stderr).toContain("--tenant goes with");
});

test("cleanup says what it would remove, removes it, and then how that went", async () => {
  const cleanup = async (...args: string[]) => {
    const command = run("scripts/cleanup.ts", args, { DATABASE_URL: database.url });
    return { exit: await command.exit, stdout: command.stdout(), stderr: command.stderr() };
  };
  await insertFinishedJobs(database, 4, 10);
  const removed =
    "4 jobs that finished more than 7 days ago, in all 8 events, 4 pieces of text and 4 steps, 0 calls of the ledger, " +
    "0 ids of removed jobs and 0 ended workers.\n";
  const next = "The schedule's next run is due at \\S+T03:17:00\\.000Z\\.\n$";
  expect((await cleanup("--dry-run", "--older-than", "7d")).stdout).toMatch(
    new RegExp(`^Would remove ${removed}${next}`),
  );
  const done = await cleanup("--older-than", "7d");
  expect(done).toMatchObject({ exit: 0, stderr: "" });
  expect(done.stdout).toMatch(
    new RegExp(`^Removed ${removed}That frees \\S+ MB for new rows, and took \\S+ s\\.\n${next}`),
  );
  expect((await cleanup("--dry-run")).stdout).toMatch(/\nThe last run of \S+ \(hand\) removed 4 jobs, freed /);
  expect((await cleanup("--older-than", "7")).stderr).toBe(
    '--older-than takes a number of days like 30d, got "7".\n',
  );
});

test("check-model says what a server can, refuses and costs, and fails when it gives no text", async () => {
  model = await startDemoModel();
  const check = async (name: string, path = "") => {
    const env = { OPENAI_BASE_URL: `${model?.baseURL}${path}`, OPENAI_MODEL: name, MODEL_API: "chat" };
    const command = run("scripts/check-model.ts", [], env);
    return { exit: await command.exit, lines: command.stdout().trim().split("\n") };
  };
  const fine = await check("demo-1");
  expect(fine.exit).toBe(0);
  expect(fine.lines.map((line) => line.slice(0, 9).trim())).toEqual(["model", "prices", "text", "limit", "object"]);
  expect(fine.lines[2]).toMatch(/ok in \d+\.\d s, \d+ tokens in, \d+ out, at an unknown cost, served as demo-1$/);
  expect(fine.lines.slice(3)).toEqual(["limit     in force", "object    ok, asked by json_schema"]);

  const refused = await check("demo-1:401/1");
  expect([refused.exit, refused.lines.at(-1)]).toEqual([
    1,
    "text      invalid_api_key: The model provider refused our key. It said: 401 Incorrect API key provided.",
  ]);
  expect((await check("demo-1", "/v2")).lines.at(-1)).toContain("Does OPENAI_BASE_URL end in /v1?");
});

test("check-model asks each model that may be asked, and fails if one of them cannot answer", async () => {
  model = await startDemoModel();
  const first = { provider: "one", model: "demo-1:401/1", baseUrl: model.baseURL };
  const options = { phases: { writing: { model: "demo-2" } } };
  const command = run("scripts/check-model.ts", [], {
    MODELS: JSON.stringify([first, { ...first, provider: "two", model: "demo-1", options }]),
  });
  expect(await command.exit).toBe(1);
  const lines = command.stdout().split("\n");
  expect(lines.filter((line) => /^(model|text) /.test(line)).map((line) => line.slice(10, 40).trim())).toEqual([
    expect.stringContaining("demo-1:401/1 of one, over chat"),
    expect.stringContaining("invalid_api_key"),
    expect.stringContaining("demo-1 of two, over chat"),
    expect.stringContaining("ok in"),
    expect.stringContaining("demo-2 of two, over chat"),
    expect.stringContaining("ok in"),
  ]);
});

import { createServer } from "node:http";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { Refusal } from "../../src/demo/refusal.ts";
import { type DemoModel, startDemoModel } from "../../src/demo/server.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createGate, eventually, loseWorker } from "../support/galley.ts";
import { type Run, run, whenEnded } from "../support/process.ts";

let database: TestDatabase;
let model: DemoModel | undefined;
let runs: Run[];
beforeEach(async () => {
  database = await createTestDatabase();
  runs = [];
});
afterEach(async () => {
  for (const { child } of runs) child.kill("SIGKILL");
  await Promise.all(runs.map(({ exit }) => exit));
  await model?.close();
  model = undefined;
  await database.drop();
});

function start(env: Record<string, string> = {}): Run {
  const started = run("src/main.ts", [], { DATABASE_URL: database.url, PORT: "0", ...env });
  runs.push(started);
  return started;
}

const ready = async (service: Run) => {
  const stdout = await eventually(service.stdout, (text) => text.includes("\n"));
  return /http:\S+?(?=[,\s])/.exec(stdout)?.[0] ?? "";
};
const modelAt = (baseURL: string) => ({ OPENAI_BASE_URL: baseURL, OPENAI_MODEL: "any", MODEL_API: "responses" });
const submit = async (url: string) =>
  (
    await request(url)
      .post("/v1/jobs")
      .send({ type: "article", input: { topic: { title: "Bread" }, targetWordCount: 600 } })
  ).body.id as string;
const read = async (url: string, id: string) => (await request(url).get(`/v1/jobs/${id}`)).body;

test("killed in the middle of writing and started again, the job completes and pays for no finished step twice", async () => {
  const gate = createGate();
  const prompts: string[] = [];
  let sections = 0;
  model = await startDemoModel({
    async onRequest({ user }) {
      prompts.push(user);
      if (user.includes("heading") && ++sections === 4) await gate.pass();
    },
  });
  const first = start(modelAt(model.baseURL));
  const id = await submit(await ready(first));
  await gate.reached;
  await eventually(
    () => database.query("select key from generation_steps where phase = 'writing'"),
    ({ rows }) => rows.length >= 2,
  );
  first.child.kill("SIGKILL");
  await first.exit;
  const kept = (await database.query("select key from generation_steps where phase = 'writing'")).rows;
  const unfinished =
    prompts.length -
    (await database.query("select count(*)::integer as calls from provider_calls where state = 'succeeded'"))
      .rows[0].calls;
  gate.open();

  await loseWorker({ test: database }, id);
  const url = await ready(start(modelAt(model.baseURL)));
  const done = await eventually(
    () => read(url, id),
    ({ status }) => status === "completed",
    30,
  );
  expect(done).toMatchObject({ phase: "completed", percentage: 100 });
  expect(kept.length).toBeGreaterThanOrEqual(2);
  // Only what was under way when the process died was asked again.
  expect(prompts.length - new Set(prompts).size).toBeLessThanOrEqual(unfinished);
  const articles = await database.query("select count(*)::integer as articles from articles");
  expect(articles.rows).toEqual([{ articles: 1 }]);
});

test("stopped with SIGTERM it hands its work back, with no attempt used up, and ends with 0", async () => {
  const gate = createGate();
  model = await startDemoModel({ onRequest: () => gate.pass() });
  const service = start({ ...modelAt(model.baseURL), SHUTDOWN_GRACE_SECONDS: "0" });
  const id = await submit(await ready(service));
  await gate.reached;
  service.child.kill("SIGTERM");
  expect(await service.exit).toBe(0);
  await eventually(
    () => model?.calls.open(),
    (open) => open === 0,
  );
  gate.open();

  const url = await ready(start({ ...modelAt(model.baseURL), ROLES: "api" }));
  expect(await read(url, id)).toMatchObject({
    status: "processing",
    phase: "analyzing",
    attempts: 0,
    waitingFor: "the service restarts",
  });
  start(modelAt(model.baseURL));
  expect(
    await eventually(
      () => read(url, id),
      ({ status }) => status === "completed",
      30,
    ),
  ).toMatchObject({ status: "completed" });
});

test("cancel in one process closes the model's sockets in another long before a heartbeat would, for twenty jobs at once", async () => {
  const jobs = 20;
  const gate = createGate();
  model = await startDemoModel({ onChunk: () => gate.pass() });
  const open = () => model?.calls.open() ?? 0;
  const url = await ready(start({ ...modelAt(model.baseURL), ROLES: "api" }));
  start({ ...modelAt(model.baseURL), ROLES: "worker", WORKER_CONCURRENCY: String(jobs) });
  const ids = await Promise.all(Array.from({ length: jobs }, () => submit(url)));
  await eventually(open, (calls) => calls === jobs);

  const asked = performance.now();
  const cancelled = await Promise.all(ids.map((id) => request(url).post(`/v1/jobs/${id}/cancel`)));
  expect(cancelled.map(({ body }) => body.status)).toEqual(ids.map(() => "cancelled"));
  await eventually(open, (calls) => calls === 0);
  // Without notifications it could take 3.3 s, until the claims are touched.
  expect(performance.now() - asked).toBeLessThan(2_500);
  gate.open();
  await eventually(
    () => database.query("select distinct state, estimated from provider_calls"),
    ({ rows }) => rows.length === 1 && rows[0].state === "cancelled" && rows[0].estimated,
  );
});

test.each([
  [
    "a database that is not there",
    { DATABASE_URL: "postgres://me:secret@127.0.0.1:1/galley", DATABASE_WAIT_SECONDS: "0" },
    /^Cannot use the PostgreSQL at 127\.0\.0\.1:1\/galley: connect ECONNREFUSED.*Check DATABASE_URL\.\n$/,
  ],
  ["a database that is no address", { DATABASE_URL: "localhost" }, /DATABASE_URL: expected postgres:/],
  ["a port that is none", { PORT: "99999" }, /PORT: /],
  ["a host that others reach, without a key", { HOST: "0.0.0.0" }, /HOST: .*loopback/],
  [
    "a data directory that cannot be written",
    { DATABASE_URL: "", GALLEY_DATA_DIR: "/proc/galley" },
    /\/proc\/galley/,
  ],
])("with %s it says so in plain words and ends with 1", async (_name, env, message) => {
  const service = start(env);
  expect(await service.exit).toBe(1);
  expect(service.stderr()).toMatch(message);
  expect(service.stderr()).not.toMatch(/\n\s+at |secret/);
  expect(service.stdout()).toBe("");
});

test("with a port that is taken it says so", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const address = other.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const service = start({ PORT: String(port) });
  expect(await service.exit).toBe(1);
  expect(service.stderr()).toMatch(
    new RegExp(`^Port ${port} on 127.0.0.1 is taken\\. Stop what uses it, or set PORT to another one\\.$`, "m"),
  );
  other.close();
});

test("an article is written from the shell", async () => {
  const done = run("scripts/generate.ts", ["--title", "Bread", "--words", "400"], { DATABASE_URL: database.url });
  runs.push(done);
  expect(await done.exit).toBe(0);
  expect(done.stdout()).toMatch(/^# .*Bread/);
  expect(done.stderr()).toMatch(/writing \d+% Writing \d of \d sections\n/);
  expect(done.stderr()).toMatch(/completed 100% Completed\nWritten by the demo model/);
});

test("what cannot be written from the shell is reported on stderr", async () => {
  for (const [args, message] of [
    [[], /^--title is needed/],
    [["--title", "ab"], /\/input\/topic\/title: /],
    [["--title", "Bread", "--words", "many"], /^--words takes a number, got "many"\./],
    [["--title", "Bread", "--colour", "red"], /--colour/],
  ] as const) {
    const failed = run("scripts/generate.ts", [...args], { DATABASE_URL: database.url });
    runs.push(failed);
    expect(await whenEnded(failed)).toBe(1);
    expect(failed.stdout()).toBe("");
    expect(failed.stderr()).toMatch(message);
    expect(failed.stderr()).not.toMatch(/\n\s+at /);
  }
});

test("neither prompts, texts nor keys reach the log, whatever goes wrong", async () => {
  const secrets = ["Zanzibar", "sk-proj-1234"];
  let requests = 0;
  model = await startDemoModel({
    onRequest({ user }) {
      requests++;
      if (user.includes("refused")) throw new Refusal(400, `sk-proj-1234 may not ask: ${user}`);
    },
  });
  const service = start({ ...modelAt(model.baseURL), OPENAI_API_KEY: "sk-proj-1234", LOG_LEVEL: "trace" });
  const url = await ready(service);
  const write = async (title: string) =>
    (
      await request(url)
        .post("/v1/jobs")
        .send({
          type: "article",
          maxAttempts: 1,
          input: { topic: { title: `Zanzibar ${title}` }, targetWordCount: 300 },
        })
    ).body.id as string;
  const end = async (id: string) =>
    await eventually(
      () => read(url, id),
      ({ completedAt }) => completedAt !== null,
      30,
    );
  expect(await end(await write("for beginners"))).toMatchObject({ status: "completed" });
  expect(await end(await write("refused"))).toMatchObject({ status: "failed", error: { code: "bad_request" } });
  // What PostgreSQL refuses is told by Drizzle with all of its parameters.
  await database.query("alter table generation_steps add constraint nothing_fits check (false) not valid");
  expect(await end(await write("for nobody"))).toMatchObject({ status: "failed", error: { code: "internal" } });
  await request(url).post("/v1/jobs").set("Content-Type", "application/json").send('{"Zanzibar": sk-proj-1234');

  service.child.kill("SIGTERM");
  await service.exit;
  expect(requests).toBeGreaterThan(6);
  expect(service.stderr()).toMatch('"event":"handler_threw"');
  expect(secrets.filter((secret) => service.stderr().includes(secret))).toEqual([]);
  expect(service.stderr()).not.toContain(new URL(database.url).password || "no password");
});

import { type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import pg from "pg";
import request from "supertest";
import { type DemoModel, startDemoModel } from "../../src/demo/server.ts";
import { startEmbeddedPostgres } from "../../src/postgres/embedded.ts";
import { findPostmaster } from "../../src/postgres/postmaster.ts";
import { createGate, eventually } from "../support/galley.ts";
import { follow, prelude, type Run, root } from "../support/process.ts";

let dataDir: string;
let model: DemoModel;
let gate: ReturnType<typeof createGate>;
let service: Run;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "galley-stopping-"));
  gate = createGate();
  model = await startDemoModel({ onRequest: () => gate.pass() });
});
afterEach(async () => {
  if (service.child.exitCode === null) service.child.kill("SIGKILL");
  await service.exit;
  gate.open();
  await model.close();
  await rm(dataDir, { recursive: true, force: true });
});

const article = { type: "article", input: { topic: { title: "Bread" }, targetWordCount: 600 } };
const stubborn = { type: "unruly", input: { does: "heed nothing" } };

type Start = { env?: Record<string, string>; job?: object; options?: SpawnOptions };

/** Starts a service with an embedded PostgreSQL, and waits until a phase of its one job runs. */
async function start(command: string, args: string[], { env, job = article, options }: Start = {}): Promise<void> {
  const child = spawn(command, args, {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      GALLEY_DATA_DIR: dataDir,
      PORT: "0",
      OPENAI_BASE_URL: model.baseURL,
      OPENAI_MODEL: "any",
      MODEL_API: "responses",
      SHUTDOWN_GRACE_SECONDS: "1",
      ...env,
    },
    stdio: ["pipe", "pipe", "pipe"],
    ...options,
  });
  service = follow(child);
  const said = await eventually(service.stdout, (text) => /http:\S+\s/.test(text));
  const url = /http:[^\s,]+/.exec(said)?.[0] ?? "";
  const { body } = await request(url).post("/v1/jobs").send(job).expect(202);
  await eventually(
    async () => (await request(url).get(`/v1/jobs/${body.id}`)).body.status,
    (status) => status === "processing",
  );
}

/** `npm start` in a terminal of its own, as a person at a shell has it. */
async function startInTerminal(env: Record<string, string> = {}): Promise<void> {
  if (spawnSync("script", ["--version"]).status !== 0)
    throw new Error("This test needs a terminal: install `script`, of util-linux.");
  await start("script", ["-qefc", "exec npm start", "/dev/null"], { env });
}
const type = (keys: string) => service.child.stdin?.write(keys);
const ctrlC = "\x03";

const postmaster = () => findPostmaster(join(dataDir, "postgres"));

/** What the job looks like in the database that the service has left. */
async function leftBehind(): Promise<object> {
  const server = await startEmbeddedPostgres({ dataDir, fsync: false });
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  const { rows } = await client.query("select status, phase, attempts, waiting_for from generation_jobs");
  await client.end();
  await server.stop();
  return rows[0];
}
const handedBack = {
  status: "processing",
  phase: "analyzing",
  attempts: 0,
  waiting_for: "the service restarts",
};

const onLinux = process.platform === "linux" ? test : test.skip;

onLinux("Ctrl-C in a terminal under npm start stops in good order, though the signal comes twice", async () => {
  await startInTerminal();
  type(ctrlC);
  expect(await service.exit).toBe(0);
  expect(postmaster()).toBeUndefined();
  expect(service.stdout()).toContain(
    "Stopping: waiting up to 1 s for 1 running phase. Press Ctrl-C again to hand back what runs.",
  );
  expect(service.stdout()).not.toContain("Handing back");
  expect(await leftBehind()).toEqual(handedBack);
});

onLinux("a second Ctrl-C, a second later, ends the grace: what runs is handed back, and the end is 1", async () => {
  await startInTerminal({ SHUTDOWN_GRACE_SECONDS: "600" });
  type(ctrlC);
  await eventually(service.stdout, (text) => text.includes("Stopping: waiting up to 600 s for 1 running phase."));
  const first = performance.now();
  // Person and terminal know no other clock.
  await eventually(
    () => performance.now() - first,
    (milliseconds) => milliseconds > 1_100,
  );
  type(ctrlC);
  expect(await service.exit).toBe(1);
  expect(service.stdout()).toContain("Handing back 1 running phase now.");
  expect(postmaster()).toBeUndefined();
  expect(await leftBehind()).toEqual(handedBack);
});

onLinux("a terminal that is closed stops the service in good order", async () => {
  await startInTerminal();
  service.child.kill("SIGKILL");
  await eventually(postmaster, (found) => found === undefined);
  expect(await leftBehind()).toEqual(handedBack);
});

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s to the process group of npm start stops in good order, and ends with 0",
  async (signal) => {
    await start("npm", ["start"], { options: { detached: true } });
    process.kill(-(service.child.pid ?? 0), signal);
    expect(await service.exit).toBe(0);
    expect(service.stderr()).toMatch(/^Stopping: waiting up to 1 s for 1 running phase\./m);
    expect(postmaster()).toBeUndefined();
    expect(await leftBehind()).toEqual(handedBack);
  },
);

test("a handler that heeds no signal fits with the default grace into the ten seconds that docker stop waits", async () => {
  const env = { SHUTDOWN_GRACE_SECONDS: "" };
  await start(process.execPath, [prelude, "tests/support/unruly-service.ts"], { env, job: stubborn });
  const asked = performance.now();
  service.child.kill("SIGTERM");
  expect(await service.exit).toBe(0);
  expect(performance.now() - asked).toBeLessThan(10_000);
  expect(postmaster()).toBeUndefined();
  expect(await leftBehind()).toEqual({ ...handedBack, phase: "doing" });
});

test("a signal during the start ends it with 0, and leaves no server running", async () => {
  const child = spawn(process.execPath, [prelude, join(root, "src/main.ts")], {
    env: { PATH: process.env.PATH, GALLEY_DATA_DIR: dataDir, PORT: "0" },
  });
  service = follow(child);
  await eventually(postmaster, (found) => found !== undefined);
  child.kill("SIGTERM");
  expect(await service.exit).toBe(0);
  expect(service.stdout()).toBe("");
  expect(postmaster()).toBeUndefined();
});

test("a signal while the database is waited for ends the wait with 0", async () => {
  const child = spawn(process.execPath, [prelude, join(root, "src/main.ts")], {
    env: { PATH: process.env.PATH, DATABASE_URL: "postgres://127.0.0.1:1/galley", DATABASE_WAIT_SECONDS: "600" },
  });
  service = follow(child);
  await eventually(service.stderr, (text) => text.includes("Waiting up to 600 s"));
  child.kill("SIGTERM");
  expect(await service.exit).toBe(0);
});

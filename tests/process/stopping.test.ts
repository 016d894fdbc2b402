import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { type DemoModel, startDemoModel } from "../../src/demo/server.ts";
import { createGate, eventually } from "../support/galley.ts";

/*
 * `npm start` as a person runs it, with the embedded PostgreSQL. A terminal signals npm and the service alike, and npm
 * passes its signal on: the service gets two.
 */

const root = fileURLToPath(new URL("../../", import.meta.url));

let dataDir: string;
let model: DemoModel;
let gate: ReturnType<typeof createGate>;
let children: ChildProcess[];
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "galley-stopping-"));
  gate = createGate();
  model = await startDemoModel({ onRequest: () => gate.pass() });
  children = [];
});
afterEach(async () => {
  for (const { pid, exitCode, signalCode } of children) {
    if (pid && exitCode === null && signalCode === null) process.kill(-pid, "SIGKILL");
  }
  await model.close();
  await rm(dataDir, { recursive: true, force: true });
});

type Started = { child: ChildProcess; output(): string; exit: Promise<number | null> };

/** In a process group of its own. */
function start(command: string, args: string[], stdio: "pipe" | "ignore"): Started {
  const child = spawn(command, args, {
    cwd: root,
    detached: true,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PORT: "0",
      GALLEY_DATA_DIR: dataDir,
      OPENAI_BASE_URL: model.baseURL,
      OPENAI_MODEL: "any",
      MODEL_API: "responses",
      SHUTDOWN_GRACE_SECONDS: "0",
    },
    stdio: [stdio, "pipe", "pipe"],
  });
  children.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const exit = once(child, "exit").then(([code]) => code as number | null);
  return { child, output: () => output, exit };
}

const urlOf = async ({ output }: Started): Promise<string> => {
  const told = await eventually(output, (text) => text.includes("Galley is ready at"), 60);
  return /http:[^\s,]+/.exec(told)?.[0] ?? "";
};

async function submit(url: string): Promise<string> {
  const input = { topic: { title: "Bread" }, targetWordCount: 600 };
  const { body } = await request(url).post("/v1/jobs").send({ type: "article", input });
  await gate.reached;
  return body.id;
}

const isPostgresRunning = () => existsSync(join(dataDir, "postgres", "postmaster.pid"));

/** The job was handed back, and the next start goes on with it. */
async function expectHandedBack(id: string): Promise<void> {
  gate.open();
  const again = start("npm", ["start"], "ignore");
  const url = await urlOf(again);
  const done = await eventually(
    async () => (await request(url).get(`/v1/jobs/${id}`)).body,
    ({ status }) => status === "completed",
    60,
  );
  expect(done.attempts).toBe(1);
  const { body } = await request(url).get(`/v1/jobs/${id}/events`);
  expect(body.data.map(({ type }: { type: string }) => type)).not.toContain("attempt_failed");
  process.kill(-(again.child.pid ?? 0), "SIGTERM");
  await again.exit;
}

test("Ctrl-C in a terminal stops npm start in good order, and no attempt is used up", async () => {
  // Of util-linux, which every Debian has: it gives the command a terminal.
  const terminal = start("script", ["--quiet", "--return", "--command", "npm start", "/dev/null"], "pipe");
  const id = await submit(await urlOf(terminal));
  terminal.child.stdin?.write("\u0003");
  // After Ctrl-C npm ends with 130, whatever its command did.
  expect(await terminal.exit).toBe(130);
  expect(terminal.output()).toContain("Galley stops, up to 0 s for 1 running phase to end.");
  expect(isPostgresRunning()).toBe(false);
  await expectHandedBack(id);
}, 120_000);

test.each(["SIGTERM", "SIGHUP"] as const)(
  "a %s to the whole group stops it in good order",
  async (signal) => {
    const service = start("npm", ["start"], "ignore");
    const id = await submit(await urlOf(service));
    process.kill(-(service.child.pid ?? 0), signal);
    await service.exit;
    await eventually(isPostgresRunning, (isRunning) => !isRunning, 20);
    await expectHandedBack(id);
  },
  120_000,
);

test("an embedded PostgreSQL that dies is brought back, and the job goes on", async () => {
  const service = start("npm", ["start"], "ignore");
  const url = await urlOf(service);
  const id = await submit(url);
  const pidFile = readFileSync(join(dataDir, "postgres", "postmaster.pid"), "utf8");
  const pid = Number(pidFile.split("\n", 1)[0]);
  process.kill(pid, "SIGKILL");
  gate.open();
  const done = await eventually(
    async () => (await request(url).get(`/v1/jobs/${id}`)).body,
    ({ status }) => status === "completed",
    60,
  );
  expect(done.attempts).toBe(1);
  expect(service.output()).toContain('"event":"database_unavailable"');
  expect((await request(url).get("/readyz")).status).toBe(200);
  process.kill(-(service.child.pid ?? 0), "SIGTERM");
  await service.exit;
}, 120_000);

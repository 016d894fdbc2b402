import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { createServer } from "node:net";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { eventually } from "../support/galley.ts";
import { follow, type Run, root, run } from "../support/process.ts";

let database: TestDatabase;
let service: Run | undefined;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  if (isGroupAlive()) process.kill(group(), "SIGKILL");
  await service?.exit;
  service = undefined;
  await database.drop();
});

type Output = "pipe" | number;

/**
 * `npm start`, as the leader of a process group of its own. Returns its address, which it may have no way to tell. npm
 * itself ends when it cannot write the name of the script; with `--silent` it does not write it.
 */
async function npmStart(stdout: Output, stderr: Output, options = ["--silent"]): Promise<string> {
  const port = await freePort();
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, DATABASE_URL: database.url, PORT: String(port) };
  const child = spawn("npm", ["start", ...options], {
    cwd: root,
    env,
    detached: true,
    stdio: ["ignore", stdout, stderr],
  });
  service = follow(child);
  return `http://127.0.0.1:${port}`;
}

/** Below those that the system gives away by itself. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = createServer();
    const isFree = await new Promise((resolve) => {
      server.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true));
    });
    await new Promise((resolve) => server.close(resolve));
    if (isFree) return port;
  }
}

/** npm and the service below it, which may outlive npm. */
const group = () => -(service?.child.pid ?? 0);

function isGroupAlive(): boolean {
  try {
    if (service) process.kill(group(), 0);
    return service !== undefined;
  } catch {
    return false;
  }
}

async function isReady(url: string): Promise<boolean> {
  if (!isGroupAlive()) throw new Error("The service has ended.");
  return await fetch(`${url}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function expectWork(url: string): Promise<void> {
  const input = { topic: { title: "Bread" }, targetWordCount: 300 };
  const { body } = await request(url).post("/v1/jobs").send({ type: "article", input }).expect(202);
  const read = async () => (await request(url).get(`/v1/jobs/${body.id}`)).body.status;
  await eventually(read, (status) => status === "completed");
}

async function expectWorkAndAnEnd(url: string): Promise<void> {
  await expectWork(url);
  service?.child.kill("SIGTERM");
  expect(await service?.exit).toBe(0);
}

test("a service whose readers go away before it is ready comes up, works and ends with 0", async () => {
  const url = await npmStart("pipe", "pipe");
  service?.child.stdout?.destroy();
  service?.child.stderr?.destroy();
  await eventually(() => isReady(url), Boolean);
  await expectWorkAndAnEnd(url);
});

test("a service whose readers go away when it is ready works on and ends with 0", async () => {
  const url = await npmStart("pipe", "pipe");
  await eventually(
    () => service?.stdout() ?? "",
    (text) => text.includes("Galley is ready"),
  );
  service?.child.stdout?.destroy();
  service?.child.stderr?.destroy();
  await expectWorkAndAnEnd(url);
});

test("a reader that stands still neither holds up the process nor makes it keep all that it could not tell", async () => {
  const chatty = run("tests/support/chatty.ts", [], {});
  chatty.child.stderr?.pause();
  expect(await chatty.exit).toBe(0);
  const { lines, megabytes } = JSON.parse(chatty.stdout());
  expect(lines).toBe(100_000);
  // 100 MB of lines were written.
  expect(megabytes).toBeLessThan(50);
});

// The device on which no byte has room, as on a disk that is full.
const onFullDisk = existsSync("/dev/full") ? test : test.skip;

onFullDisk("a service whose stdout and stderr are on a full disk comes up, works and ends with 0", async () => {
  const full = openSync("/dev/full", "w");
  const url = await npmStart(full, full);
  closeSync(full);
  await eventually(() => isReady(url), Boolean);
  await expectWorkAndAnEnd(url);
});

onFullDisk("npm itself may end at a full disk, and the service does not", async () => {
  const full = openSync("/dev/full", "w");
  const url = await npmStart(full, full, []);
  closeSync(full);
  await eventually(() => isReady(url), Boolean);
  await expectWork(url);
  process.kill(group(), "SIGTERM");
  await eventually(isGroupAlive, (isAlive) => !isAlive);
});

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { eventually } from "../support/galley.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

let database: TestDatabase;
let url: string;
let child: ChildProcess;
beforeEach(async () => {
  database = await createTestDatabase();
  url = `http://127.0.0.1:${await freePort()}`;
});
afterEach(async () => {
  const ended = child.exitCode === null ? once(child, "exit") : null;
  child.kill("SIGKILL");
  await ended;
  await database.drop();
});

// The ready line, which tells the port, may be lost.
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address ? address.port : 0;
}

function start(stdio: "pipe" | number, ROLES = "api,worker"): void {
  const env = {
    ROLES,
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    DATABASE_URL: database.url,
    PORT: new URL(url).port,
  };
  child = spawn(process.execPath, ["src/main.ts"], { cwd: root, env, stdio: ["ignore", stdio, stdio] });
}

/** It answers, and runs a job with all that it logs. */
async function expectService(finished = "completed"): Promise<void> {
  const answer = () =>
    request(url)
      .get("/healthz")
      .then(
        ({ status }) => status,
        () => null,
      );
  await eventually(answer, (status) => status === 200);
  const input = { topic: { title: "Bread" }, targetWordCount: 300 };
  const { body } = await request(url).post("/v1/jobs").send({ type: "article", input });
  await eventually(
    async () => (await request(url).get(`/v1/jobs/${body.id}`)).body,
    ({ status }) => status === finished,
  );
  expect(child.exitCode).toBeNull();
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
}

test("a log whose reader has gone before the service is ready does not end it", async () => {
  start("pipe");
  child.stdout?.destroy();
  child.stderr?.destroy();
  await expectService();
}, 60_000);

test("neither does it end an API without workers", async () => {
  start("pipe", "api");
  child.stdout?.destroy();
  child.stderr?.destroy();
  await expectService("pending");
}, 60_000);

test("a log whose reader goes away later does not end the service", async () => {
  start("pipe");
  let output = "";
  child.stdout?.on("data", (text) => {
    output += text;
  });
  await eventually(
    () => output,
    (text) => text.includes("ready"),
  );
  child.stdout?.destroy();
  child.stderr?.destroy();
  await expectService();
}, 60_000);

test("a log whose disk is full does not end the service", async () => {
  start(openSync("/dev/full", "w"));
  await expectService();
}, 60_000);

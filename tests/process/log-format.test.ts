import { spawn, spawnSync } from "node:child_process";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createPretty } from "../../src/log/pretty.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { eventually } from "../support/galley.ts";
import { follow, type Run, root, run } from "../support/process.ts";

let database: TestDatabase;
let service: Run | undefined;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  service?.child.kill("SIGTERM");
  await service?.exit;
  service = undefined;
  await database.drop();
});

const start = (env: Record<string, string>) =>
  run("src/main.ts", [], { DATABASE_URL: database.url, PORT: "0", ROLES: "worker", ...env });
const firstLine = async (said: () => string) =>
  (await eventually(said, (text) => text.includes("\n"))).split("\n")[0];

test("the first line of a log that is no terminal's is JSON, and says what the process uses, without secrets", async () => {
  service = start({
    WORKER_CONCURRENCY: "7",
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://me:secret-of-the-collector@127.0.0.1:1",
  });
  const line = (await firstLine(service.stderr)) ?? "";
  const { password } = new URL(database.url);
  expect(JSON.parse(line)).toEqual({
    level: "info",
    time: expect.any(String),
    event: "started",
    roles: ["worker"],
    slots: 7,
    database: database.url.replace(`:${password}@`, ":…@"),
    schema: "public",
    queueSchema: "galley_queue",
    models: ["demo/demo-1"],
    traces: "http://…:…@127.0.0.1:1/",
  });
});

test("LOG_FORMAT=pretty makes it one for people, also where there is no terminal", async () => {
  service = start({ LOG_FORMAT: "pretty" });
  expect(await firstLine(service.stderr)).toMatch(
    /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: started roles=worker slots=20 database=/,
  );
});

// Debian's and macOS's `script` take other flags.
const inTerminal = spawnSync("script", ["-qec", "true", "/dev/null"]).status === 0 ? test : test.skip;

inTerminal.each([
  ["", /INFO.*: .*started.*roles=.*worker/],
  ["json", /^\{"level":"info",.*"event":"started"/],
])("in a terminal LOG_FORMAT=%s gives lines like %p", async (format, expected) => {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, DATABASE_URL: database.url, LOG_FORMAT: format };
  service = follow(spawn("script", ["-qec", "npm run --silent worker", "/dev/null"], { cwd: root, env }));
  expect(await firstLine(service.stdout)).toMatch(expected);
});

test("a pretty line keeps what a terminal would obey to itself, and shows where an error came from", () => {
  const pretty = createPretty(false);
  const time = "2026-11-26T12:00:00.000Z";
  const err = { name: "Error", message: "it \u001b[31mfailed", stack: ["at a (b.ts:1:2)"] };
  const text = pretty(
    JSON.stringify({ level: "warn", time, event: "odd", job: "job_1", name: "x\n\u009b31my", err }),
  );
  expect(text.replace(/^\[.*?\] /, "")).toBe(
    `WARN: odd job=job_1 name="x\\n 31my"\n    Error: it  [31mfailed\n      at a (b.ts:1:2)\n`,
  );
});

import { expect, test } from "@jest/globals";
import { describeConfig, readConfig } from "../src/config.ts";

test("without any variable the defaults hold", () => {
  expect(readConfig({})).toEqual({
    PORT: 3000,
    HOST: "127.0.0.1",
    DATABASE_TIMEOUT_SECONDS: 10,
    DATABASE_WAIT_SECONDS: 30,
    DATABASE_SCHEMA: "public",
    QUEUE_SCHEMA: "galley_queue",
    GALLEY_DATA_DIR: ".galley",
    ROLES: ["api", "worker"],
    WORKER_CONCURRENCY: 20,
    MAX_OUTPUT_MIB: 16,
    SHUTDOWN_GRACE_SECONDS: 7,
    KEEP_ALIVE_SECONDS: 65,
    RETENTION_DAYS: 30,
    LOG_LEVEL: "info",
  });
});

test("all problems are told at once, by name", () => {
  const read = () => readConfig({ PORT: "http", DATABASE_URL: "mysql://x", ROLES: "api,boss", LOG_LEVEL: "loud" });
  expect(read).toThrow(/These settings cannot be used:/);
  for (const name of ["PORT", "DATABASE_URL", "ROLES", "LOG_LEVEL"])
    expect(read).toThrow(new RegExp(`^  ${name}`, "m"));
});

test("a host that others can reach is refused as long as no key protects it", () => {
  expect(() => readConfig({ HOST: "0.0.0.0" })).toThrow(/HOST: .*only a loopback address.*got 0\.0\.0\.0/);
  expect(readConfig({ HOST: "::1" }).HOST).toBe("::1");
});

test("another server needs a model by name", () => {
  expect(() => readConfig({ OPENAI_BASE_URL: "http://127.0.0.1:11434/v1" })).toThrow(/OPENAI_MODEL: needed/);
});

test("secrets are masked, an empty variable counts as unset", () => {
  const config = readConfig({
    OPENAI_API_KEY: "sk-abcdef",
    DATABASE_URL: "postgres://me:secret@db:5432/galley",
    PORT: "",
  });
  const text = describeConfig(config);
  expect(text).toContain("PORT=3000");
  expect(text).toContain("OPENAI_API_KEY=sk-…");
  expect(text).toContain("DATABASE_URL=postgres://me:…@db:5432/galley");
  expect(text).not.toContain("secret");
  expect(text).not.toContain("abcdef");
});

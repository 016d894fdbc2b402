import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { checkPhases, nameModels } from "../src/model/choose.ts";
import { describeConfig, proxySettings, readConfig } from "../src/settings/config.ts";
import { readEnvFile } from "../src/settings/config-file.ts";
import { shareTraceVariables } from "../src/settings/trace-settings.ts";

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
    SHUTDOWN_GRACE_SECONDS: 5,
    KEEP_ALIVE_SECONDS: 65,
    RATE_LIMIT_PER_MINUTE: 6000,
    RETENTION_DAYS: 30,
    TEXT_RETENTION_DAYS: 1,
    CALL_RETENTION_DAYS: 400,
    REMOVED_ID_RETENTION_DAYS: 365,
    LOG_LEVEL: "info",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    OTEL_SERVICE_NAME: "galley",
    OTEL_TRACES_SAMPLER: "parentbased_always_on",
  });
});

test("all problems are printed at once, by name", () => {
  const read = () => readConfig({ PORT: "http", DATABASE_URL: "mysql://x", ROLES: "api,boss", LOG_LEVEL: "loud" });
  expect(read).toThrow(/These settings cannot be used:/);
  for (const name of ["PORT", "DATABASE_URL", "ROLES", "LOG_LEVEL"])
    expect(read).toThrow(new RegExp(`^  ${name}`, "m"));
});

test("another server needs a model by name", () => {
  expect(() => readConfig({ OPENAI_BASE_URL: "http://127.0.0.1:11434/v1" })).toThrow(/OPENAI_MODEL: needed/);
});

test("secrets are masked, an empty variable counts as unset", () => {
  const config = readConfig({
    OPENAI_API_KEY: "sk-abcdef",
    GALLEY_API_KEY: "glly_0123_abcdef",
    DATABASE_URL: "postgres://me:secret@db:5432/galley",
    PORT: "",
  });
  const text = describeConfig(config);
  expect(text).toContain("PORT=3000");
  expect(text).toContain("OPENAI_API_KEY=sk-…");
  expect(text).toContain("GALLEY_API_KEY=glly_…");
  expect(text).toContain("DATABASE_URL=postgres://me:…@db:5432/galley");
  expect(text).not.toContain("secret");
  expect(text).not.toContain("abcdef");
});

test("each problem says what came, a secret only in part", () => {
  const read = () =>
    readConfig({ PORT: "http", OPENAI_BASE_URL: "ftp://me:secret@host/?key=hidden", LOG_LEVEL: "loud" });
  expect(read).toThrow(/^ {2}PORT: .*; got http$/m);
  expect(read).toThrow(/^ {2}LOG_LEVEL: .*; got loud$/m);
  expect(read).toThrow(/^ {2}OPENAI_BASE_URL: .*; got ftp:\/\/…:…@host\/\?key=…$/m);
  expect(read).not.toThrow(/secret|hidden/);
});

test("conflicts between settings are printed beside what each says for itself", () => {
  const read = () => readConfig({ PORT: "http", OPENAI_BASE_URL: "http://127.0.0.1/v1" });
  for (const name of ["PORT", "OPENAI_MODEL"]) expect(read).toThrow(new RegExp(`^  ${name}: `, "m"));
});

test.each([
  ["DATABSE_URL", "DATABASE_URL"],
  ["database_url", "DATABASE_URL"],
  ["OPENAI_APIKEY", "OPENAI_API_KEY"],
  ["WORKER_CONCURENCY", "WORKER_CONCURRENCY"],
])("%s is reported as misspelt", (given, meant) => {
  expect(() => readConfig({ [given]: "1" })).toThrow(
    `These settings cannot be used:\n  ${given}: no setting has this name: is ${meant} meant?`,
  );
});

test("names of other programs are left alone", () => {
  const others = {
    PATH: "/bin",
    HOSTNAME: "me",
    OPENAI_ORG_ID: "org",
    PGHOST: "db",
    NODE_ENV: "production",
    NODE_OPTIONS: "--max-old-space-size=512",
    PWD: "/",
  };
  expect(readConfig(others)).toEqual(readConfig({}));
});

test("what OpenTelemetry's libraries look for in the environment may stand in the file, behind what is there", () => {
  const env: Record<string, string | undefined> = { OTEL_EXPORTER_OTLP_TIMEOUT: "500" };
  const file = { OTEL_EXPORTER_OTLP_HEADERS: "a=b", OTEL_EXPORTER_OTLP_TIMEOUT: "700", OPENAI_API_KEY: "sk-…" };
  shareTraceVariables(file, env);
  expect(env).toEqual({ OTEL_EXPORTER_OTLP_HEADERS: "a=b", OTEL_EXPORTER_OTLP_TIMEOUT: "500" });
});

test("what OpenTelemetry's variables say must be possible as soon as there is a collector", () => {
  const foreign = {
    OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
    OTEL_TRACES_SAMPLER: "parentbased_jaeger_remote",
    OTEL_TRACES_SAMPLER_ARG: "often",
  };
  expect(readConfig(foreign)).toMatchObject(foreign);
  const read = () => readConfig({ ...foreign, OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" });
  expect(read).toThrow(/^ {2}OTEL_EXPORTER_OTLP_PROTOCOL: expected http\/protobuf, http\/json; got grpc$/m);
  expect(read).toThrow(/^ {2}OTEL_TRACES_SAMPLER: expected always_on, .*; got parentbased_jaeger_remote$/m);
  expect(read).toThrow(/^ {2}OTEL_TRACES_SAMPLER_ARG: expected a number from 0 to 1; got often$/m);
});

test("secrets in any part of an address are masked", () => {
  const config = readConfig({
    DATABASE_URL: "postgres://me@db/galley?password=se%63ret&sslpassword=hidden",
    OPENAI_BASE_URL: "https://host/v1?api_key=hidden",
    OPENAI_MODEL: "any",
  });
  const text = describeConfig(config);
  expect(text).toContain("OPENAI_BASE_URL=https://host/v1?api_key=…");
  expect(text).not.toMatch(/se(%63|c)ret|hidden/);
});

test("this machine is not asked through a proxy, whatever the environment excepts", () => {
  expect(proxySettings({})).toBeNull();
  expect(proxySettings({ HTTPS_PROXY: "http://proxy:8080", NO_PROXY: "intranet" })).toEqual({
    https_proxy: "http://proxy:8080",
    no_proxy: "intranet,localhost,127.0.0.1,::1,[::1]",
  });
});

describe("an .env file", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "galley-env-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const given = "DATABASE_URL=postgres://me@db/galley\nPORT=4000\n";
  const read = async (bytes: Buffer) => {
    const file = join(folder, ".env");
    await writeFile(file, bytes);
    return readEnvFile(file);
  };

  test.each([
    ["UTF-8", Buffer.from(given)],
    ["UTF-8 behind a byte order mark", Buffer.from(`\ufeff${given}`)],
    ["UTF-16, little end first", Buffer.from(`\ufeff${given}`, "utf16le")],
    ["UTF-16, big end first", Buffer.from(`\ufeff${given}`, "utf16le").swap16()],
  ])("is read in %s, its first variable too", async (_name, bytes) => {
    expect(await read(bytes)).toEqual({ DATABASE_URL: "postgres://me@db/galley", PORT: "4000" });
  });

  test("that is no text is refused in one line", async () => {
    await expect(read(Buffer.from([0x50, 0x3d, 0xfc]))).rejects.toThrow(/\.env is not UTF-8: save it as UTF-8\.$/);
  });
});

test.each([
  ["https://eu.api.openai.com/v1", "openai", "responses"],
  ["https://api.openai.com/v1/", "openai", "responses"],
  ["https://api.openai.com.evil.example/v1", "api.openai.com.evil.example", "chat"],
  ["https://api.mistral.ai/v1", "api.mistral.ai", "chat"],
])("%s is %s over %s", (OPENAI_BASE_URL, provider, api) => {
  expect(nameModels(readConfig({ OPENAI_BASE_URL, OPENAI_MODEL: "m" }))).toMatchObject([
    { provider, model: "m", api },
  ]);
});

test("OpenAI's own address needs no model's name", () => {
  const config = readConfig({ OPENAI_BASE_URL: "https://us.api.openai.com/v1" });
  expect(nameModels(config)).toMatchObject([{ provider: "openai", model: "gpt-6-luna" }]);
});

test.each([
  [
    { OPENAI_BASE_URL: "https://me:secret@host/v1", OPENAI_MODEL: "m" },
    /OPENAI_BASE_URL: expected no user or password/,
  ],
  [{ OPENAI_API_KEY: "sk-secret\nX: y" }, /OPENAI_API_KEY: expected a key that a header can carry/],
  [{ OPENAI_API_KEY: "sk-sécret" }, /OPENAI_API_KEY: expected a key that a header can carry/],
])("%j is refused, and not shown", (env, message) => {
  const read = () => readConfig(env);
  expect(read).toThrow(message);
  expect(read).not.toThrow(/secret|sécret/);
});

test("options of the model's server are checked, and shown without the values of headers", () => {
  const given = { tokenLimit: "max_tokens", silenceSeconds: 5, extraHeaders: { "X-Team": "secret" } };
  const config = readConfig({ MODEL_OPTIONS: JSON.stringify(given) });
  expect(config.MODEL_OPTIONS).toEqual(given);
  expect(describeConfig(config)).toContain(
    'MODEL_OPTIONS={"tokenLimit":"max_tokens","silenceSeconds":5,"extraHeaders":{"X-Team":"…"}}',
  );
});

test.each([
  ["not JSON, with a secret", /MODEL_OPTIONS: expected a JSON object: .*; got …$/m],
  ['{"silenceSeconds":0}', /MODEL_OPTIONS: silenceSeconds: .*; got …$/m],
  ['{"extraHeaders":{"X":"se\\ncret"}}', /MODEL_OPTIONS: extraHeaders\.X: .*; got …$/m],
  ['{"temperatur":1}', /MODEL_OPTIONS: .*temperatur.*; got …$/m],
])("the options %s are refused, and not shown", (MODEL_OPTIONS, message) => {
  const read = () => readConfig({ MODEL_OPTIONS });
  expect(read).toThrow(message);
  expect(read).not.toThrow(/secret/);
});

describe("MODELS", () => {
  const read = (models: unknown, others: Record<string, string> = {}) =>
    readConfig({ MODELS: typeof models === "string" ? models : JSON.stringify(models), ...others });

  test("gives the models in their order, each with its server's name, dialect and key", () => {
    const config = read(
      [
        { model: "gpt-6-sol" },
        { model: "mistral-large", baseUrl: "https://api.mistral.ai/v1", apiKey: "mist-1" },
        { model: "qwen3", baseUrl: "http://127.0.0.1:8000/v1", provider: "gpu-2", options: { silenceSeconds: 9 } },
      ],
      { OPENAI_API_KEY: "sk-1" },
    );
    expect(nameModels(config)).toEqual([
      { provider: "openai", model: "gpt-6-sol", api: "responses", apiKey: "sk-1", options: {} },
      {
        provider: "api.mistral.ai",
        model: "mistral-large",
        api: "chat",
        apiKey: "mist-1",
        baseURL: "https://api.mistral.ai/v1",
        options: {},
      },
      {
        provider: "gpu-2",
        model: "qwen3",
        api: "chat",
        // OpenAI's key is not shown to others.
        apiKey: "none",
        baseURL: "http://127.0.0.1:8000/v1",
        options: { silenceSeconds: 9 },
      },
    ]);
  });

  test("shows no key and no value of a header", () => {
    const options = {
      extraHeaders: { "x-key": "hidden" },
      phases: { writing: { extraHeaders: { "x-other": "hidden" } } },
    };
    const config = read([{ model: "m", baseUrl: "https://h/v1?key=hidden", apiKey: "sk-hidden", options }]);
    const text = describeConfig(config);
    expect(text).toContain('"apiKey":"sk-…"');
    expect(text).not.toContain("hidden");
  });

  const local = { model: "m", baseUrl: "http://127.0.0.1:1/v1" };
  test.each<[unknown, Record<string, string>, RegExp]>([
    ["nothing", {}, /MODELS: expected a JSON array: .*; got …$/m],
    [[], {}, /MODELS: expected a JSON array/],
    [[{ ...local, modle: "x" }], {}, /MODELS: 0: Unrecognized key: "modle"/],
    [
      [local, local],
      {},
      /MODELS: 1: m of 127\.0\.0\.1 stands before: two servers of one host need a "provider" each/,
    ],
    [[{ ...local, provider: "demo" }], {}, /MODELS: 0\.provider: expected a name .*, not demo/],
    [[{ ...local, baseUrl: "https://me:secret@host/v1" }], {}, /MODELS: 0\.baseUrl: expected no user or password/],
    [[{ ...local, apiKey: "two words" }], {}, /MODELS: 0\.apiKey: expected a key that a header can carry/],
    [[{ model: "gpt-6-sol" }], {}, /MODELS: 0\.apiKey: needed at OpenAI, or OPENAI_API_KEY/],
    [
      [local],
      { OPENAI_MODEL: "m", MODEL_API: "chat" },
      /MODELS: stands in place of OPENAI_MODEL, MODEL_API: unset either/,
    ],
    [
      [{ ...local, options: { phases: { "a/b/c": {} } } }],
      {},
      /MODELS: 0\.options\.phases\.a\/b\/c: expected a phase, like writing/,
    ],
  ])("refuses %j with %j", (models, others, problem) => {
    expect(() => read(models, others)).toThrow(problem);
  });
});

test("options for a phase that no job type has are refused at the start", () => {
  const config = readConfig({ MODEL_OPTIONS: '{"phases":{"writting":{},"writing/section":{}}}' });
  expect(() => checkPhases(nameModels(config), new Set(["writing", "seo"]))).toThrow(
    "The options of the model name phases that no job type has: writting. There are writing, seo.",
  );
});

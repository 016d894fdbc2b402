import { afterEach, beforeEach, expect, test } from "@jest/globals";
import * as conventions from "@opentelemetry/semantic-conventions/incubating";
import request from "supertest";
import { Refusal } from "../../src/demo/refusal.ts";
import { type DemoModel, startDemoModel } from "../../src/demo/server.ts";
import { type Collector, type SpanSeen, startCollector } from "../support/collector.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { eventually } from "../support/galley.ts";
import { type Run, run } from "../support/process.ts";

let database: TestDatabase;
let collector: Collector;
let model: DemoModel | undefined;
let runs: Run[];
beforeEach(async () => {
  [database, collector] = await Promise.all([createTestDatabase(), startCollector()]);
  runs = [];
});
afterEach(async () => {
  for (const { child } of runs) child.kill("SIGKILL");
  await Promise.all(runs.map(({ exit }) => exit));
  await Promise.all([model?.close(), collector.close(), database.drop()]);
  model = undefined;
});

function start(env: Record<string, string>, program = "src/main.ts"): Run {
  const started = run(program, [], {
    DATABASE_URL: database.url,
    PORT: "0",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    ...env,
  });
  runs.push(started);
  return started;
}

/** Returns its address, if it has one. */
async function isReady(service: Run): Promise<string> {
  const said = await eventually(service.stdout, (text) => text.includes("ready"));
  return /http:[^\s,]+/.exec(said)?.[0] ?? "";
}

async function stop(...services: Run[]): Promise<void> {
  for (const { child } of services) child.kill("SIGTERM");
  expect(await Promise.all(services.map(({ exit }) => exit))).toEqual(services.map(() => 0));
}

const title = "Wool blanket for cold nights";
const description = { type: "product_description", input: { product: { id: "1", title, facts: ["300 g wool"] } } };

async function finish(url: string, id: string) {
  const read = async () => (await request(url).get(`/v1/jobs/${id}`)).body;
  return await eventually(read, ({ status }) => status === "completed" || status === "failed");
}

const childrenOf = (parent: SpanSeen): SpanSeen[] =>
  collector.spans.filter(
    ({ traceId, parentSpanId }) => traceId === parent.traceId && parentSpanId === parent.spanId,
  );
const named = (name: RegExp): SpanSeen[] => collector.spans.filter((span) => name.test(span.name));
const caller = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };

test("one trace leads from a caller through the API and the queue to the worker's steps and its calls to the model", async () => {
  const [api, worker] = [start({ ROLES: "api" }), start({ ROLES: "worker" })];
  const [url] = await Promise.all([isReady(api), isReady(worker)]);
  const { body } = await request(url)
    .post("/v1/jobs?")
    .set("traceparent", `00-${caller.traceId}-${caller.spanId}-01`)
    .set("tracestate", "vendor=7")
    .send(description)
    .expect(202);
  const job = await finish(url, body.id);
  await stop(api, worker);

  const asked = collector.span("POST /v1/jobs");
  expect(asked).toMatchObject({
    kind: 2,
    traceId: caller.traceId,
    parentSpanId: caller.spanId,
    traceState: "vendor=7",
    attributes: {
      "http.request.method": "POST",
      "http.route": "/v1/jobs",
      "http.response.status_code": 202,
      "url.path": "/v1/jobs",
    },
    service: { "service.name": "galley", "service.version": "0.1.0" },
  });
  const [created] = childrenOf(asked);
  expect(created).toMatchObject({ name: "create product_description.describing", kind: 4 });
  const attempts = childrenOf(created as SpanSeen);
  expect(attempts.map(({ name, kind }) => [name, kind])).toEqual([
    ["process product_description.describing", 5],
    ["process product_description.checking", 5],
  ]);
  expect(attempts[0]).toMatchObject({
    traceState: "vendor=7",
    attributes: {
      "messaging.system": "pg-boss",
      "messaging.destination.name": "product_description.describing",
      "galley.job.id": job.id,
      "galley.attempt": 1,
      "galley.outcome": "advance",
    },
  });
  expect(attempts[1]?.attributes).toMatchObject({ "galley.outcome": "complete" });
  const steps = attempts.flatMap(childrenOf);
  const calls = steps.flatMap(childrenOf);
  expect(new Set(steps.map(({ name }) => name))).toEqual(new Set(["step text", "step claims"]));
  expect(calls.length).toBeGreaterThanOrEqual(2);
  const sum = (name: string) => calls.reduce((total, { attributes }) => total + Number(attributes[name]), 0);
  expect(sum("gen_ai.usage.output_tokens")).toBe(job.tokens.output);
  expect(sum("gen_ai.usage.input_tokens")).toBe(job.tokens.input);
  for (const call of calls) {
    expect(call).toMatchObject({ kind: 3, name: "chat demo-1" });
    expect(call.attributes).toMatchObject({ "gen_ai.provider.name": "demo", "gen_ai.request.model": "demo-1" });
  }
  // Each lies within the span around it, to the millisecond.
  for (const [outer, inner] of [...attempts, ...steps].flatMap((one) => childrenOf(one).map((two) => [one, two])))
    expect(Number(inner?.endTimeUnixNano)).toBeLessThanOrEqual(Number(outer?.endTimeUnixNano) + 1e6);
  expectConventions();
  expect(JSON.stringify(collector.spans)).not.toMatch(/wool|blanket|cold nights/i);
});

/** Every attribute is one of Galley's own, or has a name and a kind of value that the conventions know. */
function expectConventions(): void {
  const known = new Set<unknown>(Object.values(conventions).filter((value) => typeof value === "string"));
  const used = collector.spans.flatMap(({ attributes }) => Object.keys(attributes));
  expect(used.filter((name) => !name.startsWith("galley.") && !known.has(name))).toEqual([]);
}

test("attempts that fail and the ones after them are in one trace, and say why", async () => {
  let requests = 0;
  model = await startDemoModel({
    async onRequest() {
      if (++requests === 1) throw new Refusal(500, `it failed on ${title}`);
    },
  });
  const both = start({ OPENAI_BASE_URL: model.baseURL, OPENAI_MODEL: "any", MODEL_API: "responses" });
  const url = await isReady(both);
  const { body } = await request(url).post("/v1/jobs").send(description).expect(202);
  await finish(url, body.id);
  await stop(both);
  const attempts = named(/^process .*describing$/);
  expect(attempts.map(({ status, attributes }) => [attributes["galley.outcome"], status.code])).toEqual([
    ["retry", 2],
    ["advance", 0],
  ]);
  const [failed] = attempts;
  expect(failed?.attributes).toMatchObject({ "error.type": "provider_error", "galley.attempt": 1 });
  const path = [childrenOf(failed as SpanSeen), childrenOf(failed as SpanSeen).flatMap(childrenOf)].flat();
  expect(path.map(({ attributes, status }) => [attributes["error.type"], status.code])).toEqual([
    ["provider_error", 2],
    ["provider_error", 2],
  ]);
  expect(new Set(named(/^process/).map(({ traceId, parentSpanId }) => `${traceId} ${parentSpanId}`)).size).toBe(1);
});

test("each job of a batch has a trace of its own, with a link to the request that asked for it", async () => {
  const both = start({});
  const url = await isReady(both);
  const { body } = await request(url)
    .post("/v1/batches")
    .send({ jobs: [description, description] })
    .expect(202);
  for (const { id } of body.jobs) await finish(url, id);
  await stop(both);
  const asked = collector.span("POST /v1/batches");
  const created = named(/^create/);
  expect(created).toHaveLength(2);
  expect(new Set([asked, ...created].map(({ traceId }) => traceId)).size).toBe(3);
  for (const one of created) {
    expect(one.parentSpanId).toBeUndefined();
    expect(one.links).toMatchObject([{ traceId: asked.traceId, spanId: asked.spanId }]);
    expect(childrenOf(one).map(({ name }) => name)).toEqual([
      "process product_description.describing",
      "process product_description.checking",
    ]);
  }
});

test("what a phase spawns is in its trace", async () => {
  const both = start({}, "tests/support/books-service.ts");
  const url = await isReady(both);
  const { body } = await request(url)
    .post("/v1/jobs")
    .send({ type: "book", input: { titles: ["One", "Two"] } })
    .expect(202);
  expect((await finish(url, body.id)).status).toBe("completed");
  await stop(both);
  const [created] = childrenOf(collector.span("POST /v1/jobs"));
  const attempts = childrenOf(created as SpanSeen);
  expect(attempts.map(({ name, attributes }) => [name, attributes["galley.outcome"]])).toEqual([
    ["process book.planning", "advance"],
    ["process book.gathering", "wait"],
    ["process book.gathering", "complete"],
  ]);
  const spawned = childrenOf(attempts[1] as SpanSeen);
  expect(spawned.map(({ name }) => name)).toEqual(["create chapter.writing", "create chapter.writing"]);
  expect(spawned.flatMap(childrenOf).map(({ name }) => name)).toEqual([
    "process chapter.writing",
    "process chapter.writing",
  ]);
});

test("a resumed job goes on in the trace of the request that resumed it", async () => {
  let isBroken = true;
  model = await startDemoModel({
    async onRequest() {
      if (isBroken) throw new Refusal(400, "no");
    },
  });
  const both = start({ OPENAI_BASE_URL: model.baseURL, OPENAI_MODEL: "any", MODEL_API: "responses" });
  const url = await isReady(both);
  const { body } = await request(url).post("/v1/jobs").send(description).expect(202);
  expect((await finish(url, body.id)).status).toBe("failed");
  isBroken = false;
  await request(url).post(`/v1/jobs/${body.id}/resume`).expect(202);
  await finish(url, body.id);
  await stop(both);
  const [created] = childrenOf(collector.span("POST /v1/jobs/:id/resume"));
  expect(childrenOf(created as SpanSeen).map(({ name }) => name)).toEqual([
    "process product_description.describing",
    "process product_description.checking",
  ]);
});

test("a drain sends its traces before it ends, with the headers and the name that the variables of OpenTelemetry say", async () => {
  const api = start({ ROLES: "api", OTEL_EXPORTER_OTLP_ENDPOINT: "" });
  const url = await isReady(api);
  const { body } = await request(url).post("/v1/jobs").send(description).expect(202);
  const drain = run("scripts/drain.ts", ["--budget", "50s"], {
    DATABASE_URL: database.url,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_HEADERS: "x-api-key=secret-of-the-collector",
    OTEL_SERVICE_NAME: "drain",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
  });
  expect(await drain.exit).toBe(0);
  expect((await finish(url, body.id)).status).toBe("completed");
  // The API made no trace: the first attempt begins one, and the next phase goes on in it.
  const [first, next] = named(/^process/);
  expect(first?.parentSpanId).toBeUndefined();
  expect(next).toMatchObject({ traceId: first?.traceId, parentSpanId: first?.spanId });
  expect(first?.service).toMatchObject({ "service.name": "drain", "deployment.environment.name": "test" });
  expect(collector.headers[0]?.["x-api-key"]).toBe("secret-of-the-collector");
  expect(drain.stderr()).not.toContain("secret-of-the-collector");
});

test("without a protocol traces are sent as protobuf, and a sampler that makes none sends none", async () => {
  const [all, none] = [
    start({ OTEL_EXPORTER_OTLP_PROTOCOL: "" }),
    start({ OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0" }),
  ];
  for (const service of [all, none])
    await request(await isReady(service))
      .get("/v1/types")
      .expect(200);
  await stop(all, none);
  expect(Buffer.concat(collector.binary).includes("GET /v1/types")).toBe(true);
  expect(collector.headers.map((one) => one["content-type"])).toEqual(["application/x-protobuf"]);
  expect(collector.spans).toEqual([]);
});

test("while the collector is away jobs run as before, the log says so once, and the service ends in time", async () => {
  await collector.close();
  const both = start({
    OTEL_EXPORTER_OTLP_TIMEOUT: "500",
    OTEL_BSP_SCHEDULE_DELAY: "100",
    SHUTDOWN_GRACE_SECONDS: "0",
  });
  const url = await isReady(both);
  for (const count of [1, 2, 3]) {
    const { body } = await request(url).post("/v1/jobs").send(description).expect(202);
    expect([count, (await finish(url, body.id)).status]).toEqual([count, "completed"]);
  }
  const lines = () =>
    both
      .stderr()
      .split("\n")
      .filter((line) => line.includes("traces_"));
  await eventually(lines, ({ length }) => length > 0);
  const began = performance.now();
  await stop(both);
  expect(performance.now() - began).toBeLessThan(6_000);
  expect(lines().map((line) => JSON.parse(line).event)).toEqual(["traces_lost"]);
  expect(JSON.parse(lines()[0] ?? "").reason).toMatch(/ECONNREFUSED/);
  collector = await startCollector();
});

// Tells each module that is loaded.
const telling = `import { registerHooks } from 'node:module';
  registerHooks({ load: (url, context, next) => { process.stderr.write('loads ' + url + '\\n'); return next(url, context); } });`;

test.each([
  ["nothing but the calls to make spans", ""],
  ["what sends them too", "http://127.0.0.1:1"],
])("%s of OpenTelemetry is loaded with the endpoint %p", async (_, endpoint) => {
  const preload = `--import=data:text/javascript,${encodeURIComponent(telling)}`;
  const both = start({
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: "",
    NODE_OPTIONS: preload,
  });
  await isReady(both);
  await stop(both);
  const loaded = both.stderr().matchAll(/^loads .*\/@opentelemetry\/([\w-]+)\//gm);
  const packages = [...new Set(Array.from(loaded, ([, name]) => name))];
  if (endpoint === "") expect(packages).toEqual(["api"]);
  else expect(packages).toEqual(expect.arrayContaining(["api", "sdk-trace", "exporter-trace-otlp-proto"]));
});

import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import request from "supertest";
import { createKey } from "../../src/access/keys.ts";
import { PermanentError } from "../../src/author/index.ts";
import { createLog } from "../../src/log/log.ts";
import { createExposition } from "../../src/telemetry/expose.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createGate, eventually, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { root } from "../support/process.ts";
import { relay } from "../support/types.ts";

let database: TestDatabase;
let galley: TestGalley;
const gate = createGate();
const jobTypes = [
  relay({
    async first({ input, step, model, signal }) {
      if (input.text === "hold") await gate.pass(signal);
      if (input.text === "fail") throw new PermanentError("No.");
      const said = await step("ask", 1, () =>
        model.text({ system: "Be brief.", user: "Hello", maxOutputTokens: 4000 }),
      );
      return { text: `${input.text} ${said.length}` };
    },
  }),
];
beforeAll(async () => {
  database = await createTestDatabase();
  galley = await startTestGalley({ jobTypes, test: database });
});
afterAll(async () => {
  gate.open();
  await galley.close();
  await database.drop();
});

const text = async () => (await request(galley.url).get("/metrics").expect(200)).text;
const submit = async (words: string) =>
  (await galley.service.submit("local", { type: "relay", input: { text: words } })).job.id;

/** The value of the one sample with this name and these labels. */
async function read(name: string, labels: Record<string, string> = {}): Promise<number | undefined> {
  const lines = (await text()).split("\n").filter((line) => /^[a-z_]+/.exec(line)?.[0] === name);
  const found = lines.filter((line) =>
    Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)),
  );
  expect(found.length).toBeLessThanOrEqual(1);
  return found[0] === undefined ? undefined : Number(found[0].split(" ").at(-1));
}

test("each counter that an alert watches begins at 0: Prometheus sees no increase from nothing to 1", async () => {
  const rules = await readFile(join(root, ".docker/prometheus/alerts.yml"), "utf8");
  const watched = new Set([...rules.matchAll(/increase\((galley_[a-z_]+)/g)].map(([, name = ""]) => name));
  const lines = (await text()).split("\n");
  const beginning = [...watched].map((name) => lines.filter((line) => line.startsWith(`${name}{`)));
  expect(beginning.length).toBeGreaterThan(3);
  for (const samples of beginning) {
    expect(samples).not.toEqual([]);
    for (const sample of samples) expect(sample).toMatch(/ 0$/);
  }
  expect(lines).toContain('galley_drift_repairs_total{repair="resent"} 0');
  expect(lines).toContain('galley_schedule_occurrences_total{type="relay",outcome="refused"} 0');
});

test("what jobs, phases, attempts and calls have done is counted once, after its commit", async () => {
  await whenFinished(galley, await submit("go"));
  await whenFinished(galley, await submit("fail"));
  const held = await submit("hold");
  await gate.reached;
  const first = { type: "relay", phase: "first" };
  expect(await read("galley_attempts_running")).toBe(1);
  expect(await read("galley_jobs", { type: "relay", status: "processing" })).toBe(1);
  await galley.service.cancel("local", held);
  const counted = async (transition: string, phase = "first") =>
    await read("galley_transitions_total", { type: "relay", phase, transition });
  expect(await counted("submit", "queued")).toBe(3);
  expect(await counted("start")).toBe(3);
  expect(await counted("advance")).toBe(1);
  expect(await counted("complete", "second")).toBe(1);
  expect(await counted("fail")).toBe(1);
  expect(await counted("cancel")).toBe(1);
  expect(await read("galley_attempt_failures_total", { ...first, outcome: "fail" })).toBe(1);
  expect(await read("galley_phase_duration_seconds_count", { ...first, outcome: "advance" })).toBe(1);
  expect(await read("galley_phase_duration_seconds_count", { ...first, outcome: "cancel" })).toBe(1);
  expect(await read("galley_queue_wait_seconds_count", first)).toBe(3);
  expect(await read("galley_model_call_duration_seconds_count", { provider: "demo", state: "succeeded" })).toBe(1);
  expect(await read("galley_model_tokens_total", { provider: "demo", kind: "output" })).toBeGreaterThan(0);
  await eventually(
    () => read("galley_attempts_running"),
    (running) => running === 0,
  );
});

test("what is now is read from the database: waits, workers, and which types nobody runs", async () => {
  const api = await startTestGalley({
    jobTypes: [...jobTypes, { ...relay(), type: "lonely" }],
    test: database,
    env: { ROLES: "api" },
  });
  await api.service.submit("local", { type: "lonely", input: { text: "go" } });
  const { text: said } = await request(api.url).get("/metrics");
  expect(said).toMatch(/^galley_jobs\{type="lonely",status="pending"\} 1$/m);
  expect(said).toMatch(/^galley_types_without_worker 1$/m);
  expect(said).toMatch(/^galley_workers 1$/m);
  expect(said).toMatch(/^galley_queue_oldest_wait_seconds\{type="lonely",phase="first"\} [\d.e-]+$/m);
  expect(said).toMatch(/^galley_slots 0$/m);
  await api.close();
});

test("a cleanup that is overdue is shown", async () => {
  expect(await read("galley_cleanup_overdue")).toBe(0);
  await database.query("update cleanup_schedule set next_due_at = next_due_at - interval '2 days'");
  expect(await read("galley_cleanup_overdue")).toBe(1);
  await database.query("update cleanup_schedule set next_due_at = next_due_at + interval '2 days'");
});

test("requests are measured under their route, and what no route takes under one name", async () => {
  const id = await submit("go");
  await request(galley.url).get(`/v1/jobs/${id}`).expect(200);
  await request(galley.url).get("/v1/invented").expect(404);
  const labels = { method: "GET", route: "/v1/jobs/:id", status: "200" };
  expect(await read("galley_http_request_duration_seconds_count", labels)).toBe(1);
  expect(await read("galley_http_request_duration_seconds_count", { route: "none", status: "404" })).toBe(1);
  expect(await text()).not.toContain("invented");
});

test("every metric has a help text, a unit in its name, and a few labels", async () => {
  const said = await text();
  const families = [...said.matchAll(/^# HELP (galley_\S+) (.+)\n# TYPE \S+ (\w+)$/gm)];
  expect(families.length).toBeGreaterThan(15);
  for (const [, name = "", help = "", type] of families) {
    expect(name).toMatch(/^galley_[a-z_]+$/);
    expect([name, help.length > 20]).toEqual([name, true]);
    expect([name, type, name.endsWith("_total")]).toEqual([name, type, type === "counter"]);
    if (type === "histogram") expect(name).toMatch(/_seconds$/);
  }
});

const whereInstalled = spawnSync("promtool", ["--version"]).status === 0 ? test : test.skip;

whereInstalled("promtool finds nothing to say", async () => {
  const { stderr, status } = spawnSync("promtool", ["check", "metrics"], { input: await text(), encoding: "utf8" });
  expect([stderr, status]).toEqual(["", 0]);
});

test("a key needs the scope admin", async () => {
  const own = await createTestDatabase();
  const guarded = await startTestGalley({ jobTypes, test: own, env: { ROLES: "api" } });
  const { db } = guarded.database;
  const [usual, admin] = [await createKey(db, "acme", ["jobs:read"]), await createKey(db, "acme", ["admin"])];
  const ask = (key?: string) =>
    request(guarded.url)
      .get("/metrics")
      .set(key ? { Authorization: `Bearer ${key}` } : {});
  expect([(await ask()).status, (await ask(usual)).status, (await ask(admin)).status]).toEqual([401, 403, 200]);
  await guarded.close();
  await own.drop();
});

test("a worker without the API answers at METRICS_PORT", async () => {
  const worker = await startTestGalley({ jobTypes, test: database, env: { ROLES: "worker", METRICS_PORT: "0" } });
  const { origin } = new URL(String(worker.metricsUrl));
  expect(worker.url).toBe("");
  expect((await request(origin).get("/metrics").expect(200)).text).toMatch(/^galley_slots 20$/m);
  await request(origin).get("/readyz").expect(200);
  await request(origin).get("/v1/jobs").expect(404);
  await worker.close();
});

test("without a database the process still says what it did, and that the database is away", async () => {
  const api = await startTestGalley({ jobTypes, test: database, env: { ROLES: "api" } });
  await api.service.submit("local", { type: "relay", input: { text: "go" } });
  const sources = {
    db: api.database.db,
    outages: api.database.outages,
    log: createLog("silent"),
    queue: api.queue,
    catalogue: api.catalogue,
    models: api.models.all,
    slots: null,
  };
  const exposition = createExposition(api.metrics, sources);
  expect(await exposition.text()).toMatch(/^galley_jobs\{/m);
  // Its connections are gone.
  await api.close();
  const said = await exposition.text();
  expect(said).toMatch(/^galley_database_up 0$/m);
  expect(said).toMatch(/^galley_transitions_total\{type="relay",phase="queued",transition="submit"\} 1$/m);
  expect(said).not.toMatch(/^galley_jobs\{/m);
  // An alert that looks for none of them must not take the outage for that.
  expect(said).not.toMatch(/^galley_(workers|types_without_worker|cleanup_overdue) /m);
});

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { type DemoModel, startDemoModel } from "../../src/demo/server.ts";
import { findPostmaster } from "../../src/postgres/postmaster.ts";
import { createGate, eventually } from "../support/galley.ts";
import { type Run, run } from "../support/process.ts";

let dataDir: string;
let model: DemoModel;
let service: Run;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "galley-dies-"));
});
afterEach(async () => {
  service.child.kill("SIGTERM");
  await service.exit;
  await model.close();
  await rm(dataDir, { recursive: true, force: true });
});

test("an embedded PostgreSQL that dies in the middle of a job is brought back, and the job completes in its attempt", async () => {
  const gate = createGate();
  let requests = 0;
  model = await startDemoModel({ onRequest: async () => void (++requests === 2 && (await gate.pass())) });
  const env = { OPENAI_BASE_URL: model.baseURL, OPENAI_MODEL: "any", MODEL_API: "responses" };
  service = run("src/main.ts", [], { ...env, GALLEY_DATA_DIR: dataDir, PORT: "0" });
  const said = await eventually(service.stdout, (text) => text.includes("\n"));
  const url = /http:\S+?(?=[,\s])/.exec(said)?.[0] ?? "";
  const input = { topic: { title: "Bread" }, targetWordCount: 300 };
  const { body } = await request(url).post("/v1/jobs").send({ type: "article", input }).expect(202);
  await gate.reached;
  process.kill(findPostmaster(join(dataDir, "postgres"))?.pid ?? 0, "SIGKILL");
  gate.open();
  const job = await eventually(
    async () => (await request(url).get(`/v1/jobs/${body.id}`)).body,
    ({ status }) => status === "completed",
  );
  expect(job.attempts).toBe(1);
  await eventually(
    async () => (await request(url).get("/readyz")).status,
    (status) => status === 200,
  );
  const events = service.stderr().match(/"event":"(postgres_\w+|attempt_failed|lost\w*)"/g);
  expect(events).toEqual(['"event":"postgres_lost"', '"event":"postgres_back"']);
});

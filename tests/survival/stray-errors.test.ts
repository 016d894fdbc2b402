import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { eventually } from "../support/galley.ts";
import { type Run, run } from "../support/process.ts";

let database: TestDatabase;
let service: Run;
let url: string;
beforeEach(async () => {
  database = await createTestDatabase();
  service = run("tests/support/unruly-service.ts", ["2"], { DATABASE_URL: database.url, PORT: "0" });
  url = (await eventually(service.stdout, (text) => text.includes("\n"))).trim();
});
afterEach(async () => {
  service.child.kill("SIGKILL");
  await service.exit;
  await database.drop();
});

const submit = async (does: string) =>
  (await request(url).post("/v1/jobs").send({ type: "unruly", input: { does } })).body.id as string;
const read = async (id: string) => (await request(url).get(`/v1/jobs/${id}`)).body;
const finished = (id: string) =>
  eventually(
    () => read(id),
    ({ completedAt }) => completedAt !== null,
  );
const lines = () =>
  service
    .stderr()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
async function expectItLives(): Promise<void> {
  expect(await finished(await submit("behave"))).toMatchObject({ status: "completed" });
  expect((await request(url).get("/healthz")).status).toBe(200);
  expect(service.child.exitCode).toBeNull();
}

test("two steps that were started before either was awaited end with a cancel, and the process lives", async () => {
  const id = await submit("two steps");
  await eventually(
    () => database.query("select from generation_job_events where type = 'step_started'"),
    ({ rows }) => rows.length === 2,
  );
  await request(url).post(`/v1/jobs/${id}/cancel`);
  await expectItLives();
  expect(await read(id)).toMatchObject({ status: "cancelled" });
  expect(lines().filter(({ event }) => event === "stray_error")).toEqual([]);
});

test("the phase's deadline ends them too, and the process lives", async () => {
  expect(await finished(await submit("two steps"))).toMatchObject({ status: "failed", error: { code: "timeout" } });
  await expectItLives();
});

test("steps and progress that a handler forgets to await are reported in the log, and the process lives", async () => {
  const id = await submit("forgotten steps");
  expect(await finished(id)).toMatchObject({ status: "completed" });
  await expectItLives();
  expect(lines()).toContainEqual(
    expect.objectContaining({ event: "step_not_awaited", job: id, phase: "doing", steps: 1 }),
  );
});

test.each(["throw later", "reject later"])(
  "what a handler's code does beside its promise (%s) fails its own job at once, with its name in the log",
  async (deed) => {
    const id = await submit(deed);
    expect(await finished(id)).toMatchObject({
      status: "failed",
      error: { code: "internal", phase: "doing", attempt: 1 },
    });
    await expectItLives();
    expect(lines()).toContainEqual(
      expect.objectContaining({
        event: "stray_error",
        job: id,
        type: "unruly",
        phase: "doing",
        err: expect.objectContaining({ message: "strayed" }),
      }),
    );
  },
);

test("what a handler's code does while the process gives it its grace fails its own job, and the process stops in good order", async () => {
  const id = await submit("throw in the grace");
  await eventually(
    () => database.query("select from generation_steps"),
    ({ rows }) => rows.length === 1,
  );
  service.child.kill("SIGTERM");
  expect(await service.exit).toBe(0);
  expect(lines()).toContainEqual(expect.objectContaining({ event: "stray_error", job: id }));
  const { rows } = await database.query("select status, error_code from generation_jobs");
  expect(rows).toEqual([{ status: "failed", error_code: "internal" }]);
});

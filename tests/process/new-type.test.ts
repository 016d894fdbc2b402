import { spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { eventually } from "../support/galley.ts";
import { follow, type Run, root } from "../support/process.ts";

let folder: string;
let database: TestDatabase;
let service: Run;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "galley-clone-"));
  const isLeft = (path: string) => /^(node_modules|\.git|\.galley.*)$/.test(relative(root, path));
  await cp(root, folder, { recursive: true, filter: (path) => !isLeft(path) });
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  database = await createTestDatabase();
});
afterEach(async () => {
  service.child.kill();
  await service.exit;
  await database.drop();
  await rm(folder, { recursive: true });
});

const env = { PATH: process.env.PATH, HOME: process.env.HOME };
const shell = (command: string, more: Record<string, string> = {}) =>
  follow(spawn(command, { cwd: folder, env: { ...env, ...more }, shell: true, stdio: ["ignore", "pipe", "pipe"] }));

test("the guide makes a type that is checked, tested and served, while the service that runs keeps its jobs", async () => {
  const guide = await readFile(join(folder, "jobs/README.md"), "utf8");
  const [commands = "", submission = ""] = [...guide.matchAll(/```sh\n(.*?)```/gs)].map(([, text]) => text);

  const settings = { DATABASE_URL: database.url, PORT: "0", LOG_LEVEL: "warn" };
  service = shell("exec npm run --silent dev", settings);
  const ready = (starts: number) =>
    eventually(
      () => [...service.stdout().matchAll(/ready at (\S+?),/g)].map(([, url = ""]) => url),
      (urls) => urls.length >= starts,
      60,
    ).then((urls) => urls.at(-1) ?? "");
  const submit = async (url: string, body: object) =>
    (await request(url).post("/v1/jobs").send(body)).body.id as string;
  const url = await ready(1);
  const startAfter = new Date(Date.now() + 3_600_000).toISOString();
  const id = await submit(url, { type: "article", input: { topic: { title: "Rye bread" } }, startAfter });

  for (const command of commands.trim().split("\n")) {
    const run = shell(command);
    expect([command, await run.exit, run.stdout() + run.stderr()]).toEqual([command, 0, expect.any(String)]);
  }

  const later = await ready(2);
  expect((await request(later).get(`/v1/jobs/${id}`)).body.status).toBe("pending");
  const { body } = await request(later).get("/v1/types/recipe");
  expect(body).toMatchObject({ phases: ["planning", "cooking"], input: { required: ["subject"] } });
  expect((await request(later).get("/openapi.json")).body.components.schemas).toHaveProperty("Submission_recipe");
  const recipe = await submit(later, JSON.parse(/-d '(.*)'/.exec(submission)?.[1] ?? ""));
  const done = await eventually(
    async () => (await request(later).get(`/v1/jobs/${recipe}`)).body,
    ({ completedAt }) => completedAt !== null,
  );
  expect(service.stderr()).not.toContain("heartbeat_failed");
  expect(done).toMatchObject({
    status: "completed",
    result: { subject: "Rye bread", cooking: expect.any(String) },
  });
}, 400_000);

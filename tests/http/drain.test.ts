import { afterAll, beforeAll, expect, test } from "@jest/globals";
import request from "supertest";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { startTestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const submission = { type: "relay", input: { text: "go" } };

test.each(["api", "api,worker"])(
  "a process with the roles %s runs what is due when it is asked to",
  async (roles) => {
    const galley = await startTestGalley({ jobTypes: [relay()], test: database, env: { ROLES: roles } });
    const jobs = await Promise.all(Array.from({ length: 5 }, () => galley.service.submit("local", submission)));
    const later = await galley.service.submit("local", {
      ...submission,
      startAfter: new Date(Date.now() + 3_600_000),
    });
    const { body } = await request(galley.url).post("/v1/drain?budgetSeconds=50").expect(200);
    expect(body).toEqual({ live: 1 });
    const ended = await Promise.all(jobs.map(({ job }) => galley.service.find("local", job.id)));
    expect(ended.map(({ status }) => status)).toEqual(jobs.map(() => "completed"));
    await galley.service.cancel("local", later.job.id);
    await galley.close();
  },
);

test("a call ends with its budget, and leaves what is unfinished for the next", async () => {
  const galley = await startTestGalley({ jobTypes: [relay()], test: database, env: { ROLES: "api" } });
  const slow = relay({
    first: ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  });
  const held = await startTestGalley({ jobTypes: [slow], test: database, env: { ROLES: "api" } });
  const { job } = await galley.service.submit("local", submission);
  expect((await request(held.url).post("/v1/drain?budgetSeconds=1").expect(200)).body).toEqual({ live: 1 });
  expect(await galley.service.find("local", job.id)).toMatchObject({ completedAt: null, attempts: 0 });
  expect((await request(galley.url).post("/v1/drain").expect(200)).body).toEqual({ live: 0 });
  await request(galley.url).post("/v1/drain?budgetSeconds=0").expect(400);
  await held.close();
  await galley.close();
});

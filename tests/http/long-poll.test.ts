import { afterAll, beforeAll, expect, test } from "@jest/globals";
import request from "supertest";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { startTestGalley, type TestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let database: TestDatabase;
let galley: TestGalley;
let id: string;
beforeAll(async () => {
  database = await createTestDatabase();
  galley = await startTestGalley({ jobTypes: [relay()], test: database, env: { ROLES: "api" } });
  id = (await galley.service.submit("local", { type: "relay", input: { text: "go" } })).job.id;
});
afterAll(async () => {
  await galley.close();
  await database.drop();
});

const read = (url = galley.url, headers: Record<string, string> = {}) =>
  request(url).get(`/v1/jobs/${id}`).set(headers);

test("a state that another process has estimated in another way is known, and waited for", async () => {
  const { headers } = await read().expect(200);
  const elsewhere = String(headers.etag).replace(/-\w+"$/, '-000000000000000000000000"');
  const answer = await read(galley.url, { "If-None-Match": elsewhere, Prefer: "wait=1" });
  expect([answer.status, answer.headers["preference-applied"]]).toEqual([200, "wait=1"]);
  await read(galley.url, { "If-None-Match": String(headers.etag) }).expect(304);
  const foreign = await read(galley.url, { "If-None-Match": 'W/"other-state"', Prefer: "wait=30" });
  expect([foreign.status, foreign.headers["preference-applied"]]).toEqual([200, undefined]);
});

test("what is held when the process stops is answered with the job as it is", async () => {
  const desk = await startTestGalley({ jobTypes: [relay()], test: database, env: { ROLES: "api" } });
  const held = read(desk.url, { Prefer: "wait=60" }).then((answer) => answer);
  // It came later, and was held for a second: the other one is held too.
  await read(desk.url, { Prefer: "wait=1" });
  await desk.close();
  expect((await held).body).toMatchObject({ id, status: "pending" });
});

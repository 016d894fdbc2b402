import { afterAll, beforeAll, expect, test } from "@jest/globals";
import request from "supertest";
import { startTestGalley, type TestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api" } });
});
afterAll(() => galley.close());

/** Lets the server refuse every write with this SQLSTATE, as it would with a full disk or as a standby. */
async function refuseWrites(sqlState: string, message: string): Promise<() => Promise<unknown>> {
  await galley.test.query(`
    create function refuse() returns trigger language plpgsql as $$
    begin raise exception '${message}' using errcode = '${sqlState}'; end $$`);
  for (const table of ["generation_jobs", "generation_job_tombstones"]) {
    await galley.test.query(
      `create trigger refuse before insert on ${table} for each statement execute function refuse()`,
    );
  }
  return () => galley.test.query("drop function refuse cascade");
}

const readiness = () => request(galley.url).get("/readyz");

test.each([
  ["53100", "could not extend file: No space left on device", "The database's disk is full."],
  ["25006", "cannot execute INSERT in a read-only transaction", "The database is read-only."],
  ["53200", "out of memory", "The database lacks resources."],
])("while the database refuses writes with %s it is not ready, and says why", async (sqlState, message, reason) => {
  expect((await readiness()).status).toBe(200);
  const mend = await refuseWrites(sqlState, message);
  const { status, body } = await readiness();
  expect(status).toBe(503);
  expect(body).toMatchObject({
    status: "unavailable",
    checks: { database: "unavailable" },
    databaseError: { code: sqlState, reason },
  });
  const refused = await request(galley.url)
    .post("/v1/jobs")
    .send({ type: "relay", input: { text: "go" } });
  expect(refused.status).toBe(503);
  expect(refused.body).toMatchObject({ code: "unavailable", detail: reason });
  await mend();
  // What refused a job lately may still refuse the next one, until one was taken.
  const taken = await request(galley.url)
    .post("/v1/jobs")
    .send({ type: "relay", input: { text: "go" } });
  expect(taken.status).toBe(202);
  expect((await readiness()).body).toMatchObject({ status: "ready", databaseError: null });
});

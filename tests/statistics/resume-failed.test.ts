import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { createKey } from "../../src/access/keys.ts";
import { JobError } from "../../src/author/index.ts";
import type { JobErrorCode } from "../../src/errors.ts";
import { isFinished } from "../../src/generation/job/transitions.ts";
import { eventually, startTestGalley, type TestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
let key: string;
/** What the second phase fails with, as long as the provider is broken. */
let isBroken: boolean;
const runs: string[] = [];
beforeEach(async () => {
  isBroken = true;
  runs.length = 0;
  const run = (name: string) => async (context: { input: { text: string }; job: { id: string } }) => {
    runs.push(`${name} ${context.job.id}`);
    if (name === "second" && isBroken) throw new JobError(context.input.text as JobErrorCode);
    return context.input;
  };
  const jobTypes = [relay({ first: run("first"), second: run("second") }, { retryLimit: 0 })];
  galley = await startTestGalley({ jobTypes });
  key = await createKey(galley.database.db, "acme", ["jobs:read", "jobs:write"]);
});
afterEach(() => galley.close());

async function fail(tenant: string, code: JobErrorCode): Promise<string> {
  const { job } = await galley.service.submit(tenant, { type: "relay", input: { text: code } });
  await whenEnded(tenant, job.id);
  return job.id;
}
const whenEnded = (tenant: string, id: string) =>
  eventually(
    () => galley.service.find(tenant, id),
    ({ status }) => isFinished(status),
  );
const resume = (body: object) =>
  request(galley.url).post("/v1/jobs/resume").set("Authorization", `Bearer ${key}`).send(body);
const statusOf = async (tenant: string, id: string) => (await galley.service.find(tenant, id)).status;

test("all jobs of a tenant that failed with a code go on at once, and no other ones", async () => {
  const mine = [await fail("acme", "network"), await fail("acme", "network")];
  const other = await fail("acme", "content_refused");
  const theirs = await fail("rival", "network");
  isBroken = false;
  runs.length = 0;
  const { status, body } = await resume({ code: "network" });
  expect([status, body]).toEqual([202, { resumed: expect.arrayContaining(mine), refused: [], isMore: false }]);
  for (const id of mine) expect((await whenEnded("acme", id)).status).toBe("completed");
  expect(await statusOf("acme", other)).toBe("failed");
  expect(await statusOf("rival", theirs)).toBe("failed");
  // What had been finished is not done again.
  expect(runs.toSorted()).toEqual(mine.map((id) => `second ${id}`).toSorted());
  const { body: statistics } = await request(galley.url).get("/v1/stats").set("Authorization", `Bearer ${key}`);
  expect(statistics.failures).toMatchObject([{ code: "content_refused", jobs: 1, last: { jobId: other } }]);
  expect((await resume({ code: "network" })).body).toEqual({ resumed: [], refused: [], isMore: false });
});

test("phase, type and window narrow it down", async () => {
  const id = await fail("acme", "timeout");
  const kind = { code: "timeout" };
  for (const narrow of [{ phase: "first" }, { type: "other" }, { code: "network" }]) {
    expect((await resume({ ...kind, ...narrow })).body.resumed).toEqual([]);
  }
  await galley.test.query("update generation_jobs set completed_at = now() - interval '3 hours'");
  expect((await resume({ ...kind, window: "15m" })).body.resumed).toEqual([]);
  const { body } = await resume({ ...kind, phase: "second", type: "relay", window: "4h" });
  expect(body.resumed).toEqual([id]);
});

test("one that cannot go on holds nothing up, and says why", async () => {
  const ids = [await fail("acme", "network"), await fail("acme", "network"), await fail("acme", "network")];
  const [, stuck] = ids;
  await galley.test.query("update generation_jobs set phase = 'gone' where id = $1", [stuck]);
  const { body } = await resume({ code: "network" });
  expect(body.resumed.toSorted()).toEqual(ids.filter((id) => id !== stuck).toSorted());
  expect(body.refused).toEqual([
    {
      jobId: stuck,
      code: "conflict",
      detail: `The job's type or phase "gone" exists no more: fork it from a phase that does.`,
    },
  ]);
});

test("a thousand are resumed at once, and the rest by the next request", async () => {
  await galley.test.query(`
    insert into generation_jobs (id, tenant, type, request_data, status, phase, percentage, current_step, created_at, completed_at,
      event_count, error_code)
    select 'job_' || lpad(to_hex(n), 32, '0'), 'acme', 'relay', '{"text": "network"}', 'failed', 'queued', 0, '', now(), now(), 0, 'expired'
    from generate_series(1, 1010) as n`);
  const first = (await resume({ code: "expired" })).body;
  expect([first.resumed.length, first.isMore]).toEqual([1_000, true]);
  const second = (await resume({ code: "expired" })).body;
  expect([second.resumed.length, second.isMore]).toEqual([10, false]);
}, 30_000);

test.each([
  [{}, "/code"],
  [{ code: "nothing" }, "/code"],
  [{ code: "network", window: "1y" }, "/window"],
  [{ code: "network", maxCostUsd: 1 }, "/maxCostUsd"],
])("%j is refused at %s", async (body, pointer) => {
  const { status, body: problem } = await resume(body);
  expect([status, problem.errors[0].pointer]).toEqual([400, pointer]);
});

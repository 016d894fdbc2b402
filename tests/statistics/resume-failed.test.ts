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
const nothingElse = { refused: [], isMore: false, nextCursor: null };
const statusOf = async (tenant: string, id: string) => (await galley.service.find(tenant, id)).status;

test("all jobs of a tenant that failed with a code go on at once, and no other ones", async () => {
  const mine = [await fail("acme", "network"), await fail("acme", "network")];
  const other = await fail("acme", "content_refused");
  const theirs = await fail("rival", "network");
  isBroken = false;
  runs.length = 0;
  const { status, body } = await resume({ code: "network" });
  expect([status, body]).toEqual([202, { resumed: expect.arrayContaining(mine), ...nothingElse }]);
  for (const id of mine) expect((await whenEnded("acme", id)).status).toBe("completed");
  expect(await statusOf("acme", other)).toBe("failed");
  expect(await statusOf("rival", theirs)).toBe("failed");
  // What had been finished is not done again.
  expect(runs.toSorted()).toEqual(mine.map((id) => `second ${id}`).toSorted());
  const { body: statistics } = await request(galley.url).get("/v1/stats").set("Authorization", `Bearer ${key}`);
  expect(statistics.failures).toMatchObject([{ code: "content_refused", jobs: 1, last: { jobId: other } }]);
  expect((await resume({ code: "network" })).body).toEqual({ resumed: [], ...nothingElse });
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

/** Jobs that failed, one a second, the first one last. */
const makeFailed = (count: number, error: string, phase: string) =>
  galley.test.query(
    `insert into generation_jobs (id, tenant, type, request_data, status, phase, percentage, current_step, created_at, completed_at,
      event_count, error_code)
    select 'job_' || md5($2 || $3 || n), 'acme', 'relay', '{"text": "network"}', 'failed', $3, 0, '', now() - interval '1 day',
      now() - make_interval(secs => n + case $3 when 'queued' then 2000 else 0 end), 0, $2
    from generate_series(1, $1) as n`,
    [count, error, phase],
  );

test("a thousand are resumed at once, and the rest by the next request", async () => {
  await makeFailed(1_010, "expired", "queued");
  const first = (await resume({ code: "expired" })).body;
  expect([first.resumed.length, first.isMore]).toEqual([1_000, true]);
  const second = (await resume({ code: "expired", cursor: first.nextCursor })).body;
  expect([second.resumed.length, second.isMore, second.nextCursor]).toEqual([10, false, null]);
  expect(new Set([...first.resumed, ...second.resumed]).size).toBe(1_010);
}, 30_000);

test("a thousand that cannot go on do not stand before those that can, nor do those that fail anew", async () => {
  await makeFailed(1_005, "expired", "gone");
  await makeFailed(3, "expired", "queued");
  const first = (await resume({ code: "expired" })).body;
  expect([first.resumed.length, first.refused.length, first.isMore]).toEqual([0, 1_000, true]);
  await makeFailed(1, "expired", "anew");
  const second = (await resume({ code: "expired", cursor: first.nextCursor })).body;
  expect([second.resumed.length, second.refused.length, second.nextCursor]).toEqual([3, 5, null]);
}, 30_000);

test.each([
  [{}, "/code"],
  [{ code: "nothing" }, "/code"],
  [{ code: "network", window: "1y" }, "/window"],
  [{ code: "network", maxCostUsd: 1 }, "/maxCostUsd"],
  [{ code: "network", cursor: "job_1" }, "/cursor"],
])("%j is refused at %s", async (body, pointer) => {
  const { status, body: problem } = await resume(body);
  expect([status, problem.errors[0].pointer]).toEqual([400, pointer]);
});

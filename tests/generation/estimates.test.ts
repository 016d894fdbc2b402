import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { timeLeft, timeLeftAt } from "../../src/generation/job/progress/estimates.ts";
import { setShare } from "../../src/generation/queue/turns/tenant-share.ts";
import type { Submission } from "../../src/generation/requests/submit.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createGate, eventually, startTestGalley, type TestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

const typical = { seconds: 40, betweenSeconds: 10 };

test("what is left of the work is left of the typical time", () => {
  expect([0, 50, 99].map((percentage) => timeLeft(typical, percentage))).toEqual([40, 20, 1]);
  expect(timeLeft(null, 50)).toBeNull();
});

test("a job that waits has those before it to wait for, each for no longer than it takes", () => {
  expect([1, 2, 5].map((place) => timeLeftAt(typical, place))).toEqual([40, 50, 80]);
  expect(timeLeftAt({ seconds: 40, betweenSeconds: 3_600 }, 2)).toBe(80);
  expect([timeLeftAt(null, 1), timeLeftAt(typical, null)]).toEqual([null, null]);
});

let database: TestDatabase;
let galley: TestGalley;
const jobTypes = [relay(), { ...relay(), type: "other" }];
beforeAll(async () => {
  database = await createTestDatabase();
  galley = await startTestGalley({ jobTypes, test: database, env: { ROLES: "api" } });
});
beforeEach(async () => {
  await database.query("truncate generation_jobs, tenant_turns cascade");
  await database.query("delete from galley_queue.job");
});
afterAll(async () => {
  await galley.close();
  await database.drop();
});

const submit = async (submission: Partial<Submission> = {}, tenant = "local") =>
  (await galley.service.submit(tenant, { type: "relay", input: { text: "go" }, ...submission })).job;
const placeOf = async (job: { id: string; tenant: string }) =>
  (await galley.service.find(job.tenant, job.id)).queuePosition;

test("a job's place is that among the jobs of its type that may start, the highest priority first", async () => {
  const [first, second] = [await submit(), await submit()];
  const urgent = await submit({ priority: 5 });
  const other = await submit({ type: "other" });
  expect([first, second, urgent, other].map(({ queuePosition }) => queuePosition)).toEqual([1, 2, 1, 1]);
  expect(await Promise.all([first, second, urgent, other].map(placeOf))).toEqual([2, 3, 1, 1]);
});

test("a job that waits for its time has no place until then, and stands before no other", async () => {
  const later = await submit({ startAfter: new Date(Date.now() + 3_600_000), priority: 5 });
  const now = await submit();
  expect([later.queuePosition, now.queuePosition, await placeOf(later), await placeOf(now)]).toEqual([
    null,
    1,
    null,
    1,
  ]);
  await database.query("update generation_jobs set next_attempt_at = now() where id = $1", [later.id]);
  expect([await placeOf(later), await placeOf(now)]).toEqual([1, 2]);
  expect((await submit()).queuePosition).toBe(3);
});

test("a job that its tenant's limit holds back has no place", async () => {
  await setShare(galley.database.db, "narrow", { maxRunning: 1 });
  const free = await submit({}, "narrow");
  // It is let through behind its submission. Until then the next one would go before it.
  await eventually(
    () => placeOf(free),
    (place) => place === 1,
  );
  const held = await submit({ priority: 5 }, "narrow");
  expect([held.waitingFor, held.queuePosition, await placeOf(held)]).toEqual(["tenant_limit", null, null]);
  expect(await placeOf(free)).toBe(1);
});

/** Completed jobs, the n-th `secondsEach[n]` after its start, 10 seconds apart. */
const complete = async (secondsEach: number[], forkedFrom: string | null = null) => {
  await database.query(
    `insert into generation_jobs (id, type, request_data, status, phase, percentage, current_step, forked_from, started_at, completed_at)
     select 'job_' || md5(random()::text), 'relay', '{}', 'completed', 'completed', 100, 'Done', $2,
       at - make_interval(secs => seconds), at
     from unnest($1::float[]) with ordinality as done (seconds, n),
       lateral (select now() - make_interval(secs => 10 * n) as at) as moment`,
    [secondsEach, forkedFrom],
  );
};
const restart = async (env: Record<string, string> = {}) => {
  await galley.close();
  galley = await startTestGalley({ jobTypes, test: database, env: { ROLES: "api", ...env } });
};

test("with five completed jobs of the type the time is estimated from their median, whole ones alone", async () => {
  await complete([30, 40, 50, 600]);
  await complete([1, 1, 1], "job_whole");
  await restart();
  expect((await submit()).estimatedTimeRemaining).toBeNull();
  await complete([20]);
  await restart();
  const jobs = [await submit(), await submit({ type: "other" })];
  const later = await submit({ startAfter: new Date(Date.now() + 3_600_000) });
  expect([...jobs, later].map((job) => job.estimatedTimeRemaining)).toEqual([50, null, null]);
  expect((await galley.service.find("local", jobs[0]?.id ?? "")).estimatedTimeRemaining).toBe(50);
});

test("a running job's estimate shrinks with what is done, and ends with it", async () => {
  await complete([40, 40, 40, 40, 40]);
  const begin = createGate();
  const rest = createGate();
  const first = relay({
    async first({ input, progress, signal }) {
      await begin.pass(signal);
      await progress({ done: 1, of: 2 });
      await rest.pass(signal);
      return input;
    },
  });
  await galley.close();
  galley = await startTestGalley({ jobTypes: [first], test: database });
  const { id } = await submit();
  await begin.reached;
  const left = async () => (await galley.service.find("local", id)).estimatedTimeRemaining;
  expect(await left()).toBe(40);
  begin.open();
  await rest.reached;
  expect(await left()).toBe(30);
  await galley.service.cancel("local", id);
  expect(await left()).toBeNull();
  rest.open();
});

test("among 20,000 jobs that wait, places are right, and beyond 1,000 there is none", async () => {
  await database.query(`
    insert into generation_jobs (id, type, request_data, current_step, queue_job_id, rank, next_attempt_at)
    select 'job_' || lpad(n::text, 32, '0'), 'relay', '{}', 'Queued', gen_random_uuid(), -n,
      case when n % 2 = 0 then now() + interval '1 day' end
    from generate_series(1, 40000) as n`);
  await database.query("vacuum analyze generation_jobs");
  const id = (n: number) => `job_${String(n).padStart(32, "0")}`;
  const places = await Promise.all(
    [1, 21, 1_999, 2_001, 39_999].map((n) => placeOf({ id: id(n), tenant: "local" })),
  );
  expect(places).toEqual([1, 11, 1_000, null, null]);
});

import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { z } from "zod";
import { child, defineJob, definePhase, PermanentError } from "../../src/author/index.ts";
import { settleFamily } from "../../src/generation/family/settle.ts";
import { reconcile } from "../../src/generation/upkeep/reconciler.ts";
import { createLog } from "../../src/log/log.ts";
import { books, type WriteChapter } from "../support/books.ts";
import { eventually, hurry, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";

let write: WriteChapter;
let runs: string[];
const { book, chapter } = books(
  (context) => write(context),
  () => runs.push("gathering"),
);

let galley: TestGalley;
beforeEach(() => {
  runs = [];
  write = async ({ input }) => {
    runs.push(input.title);
    return { text: `${input.title}!` };
  };
});
afterEach(() => galley?.close());

const start = async (env: Record<string, string> = {}) => {
  galley = await startTestGalley({ jobTypes: [book, chapter], env });
};
const post = (path: string, body: object) => request(galley.url).post(path).send(body);
const get = async (path: string) => (await request(galley.url).get(path)).body;
const submit = async (...titles: string[]) => (await post("/v1/jobs", { type: "book", input: { titles } })).body.id;
const children = async (id: string) => (await get(`/v1/jobs?parentId=${id}`)).data;
const whenWaiting = (id: string) =>
  eventually(
    () => get(`/v1/jobs/${id}`),
    ({ waitingFor }) => waitingFor === "children",
  );
/** A write that ends when the test says so. */
function gated() {
  const gates = new Map<string, () => void>();
  write = ({ input, signal }) =>
    new Promise((resolve, reject) => {
      runs.push(input.title);
      gates.set(input.title, () => resolve({ text: `${input.title}!` }));
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  return async (title: string) => {
    const open = await eventually(
      async () => gates.get(title),
      (gate) => gate !== undefined,
    );
    open?.();
  };
}

test("a job spawns others, waits for them without a slot or an attempt, and takes what they give in its order", async () => {
  await start({ WORKER_CONCURRENCY: "1" });
  const open = gated();
  const id = await submit("One", "Two");
  const waiting = await whenWaiting(id);
  expect(waiting).toMatchObject({ status: "processing", attempts: 0, nextAttemptAt: null, percentage: 50 });
  const spawned = await children(id);
  expect(spawned).toMatchObject([
    { type: "chapter", parentId: id },
    { type: "chapter", parentId: id },
  ]);

  await open("One");
  const half = await eventually(
    () => get(`/v1/jobs/${id}`),
    ({ percentage }) => percentage > 50,
  );
  expect(half).toMatchObject({ percentage: 75, currentStep: "Gathering the chapters: 1 of 2 jobs have ended" });
  await open("Two");
  expect(await whenFinished(galley, id)).toMatchObject({ resultData: { text: "One! Two!" }, attempts: 1 });
  expect(runs).toEqual(["gathering", "One", "Two", "gathering"]);
  const { data: events } = await get(`/v1/jobs/${id}/events`);
  expect(events.filter(({ type }: { type: string }) => type === "waiting")).toMatchObject([
    { data: { until: null, why: "children", inPlace: false } },
  ]);
});

test("a cancel reaches what was spawned, and what runs there stops", async () => {
  await start();
  gated();
  const id = await submit("One", "Two");
  await eventually(
    async () => runs.length,
    (count) => count === 3,
  );
  const { body } = await post(`/v1/jobs/${id}/cancel`, {});
  expect(body.status).toBe("cancelled");
  expect((await children(id)).map(({ status }: { status: string }) => status)).toEqual(["cancelled", "cancelled"]);
  await eventually(galley.running, (running) => running === 0);
});

test("the handler judges what failed; a resume repeats that alone", async () => {
  await start();
  let broken = true;
  write = async ({ input }) => {
    runs.push(input.title);
    if (input.title === "Two" && broken) throw new PermanentError("no ink");
    return { text: `${input.title}!` };
  };
  const id = await submit("One", "Two", "Three");
  expect(await whenFinished(galley, id)).toMatchObject({
    status: "failed",
    errorMessage: "One! failed (no ink) Three!",
  });
  broken = false;
  runs = [];
  await post(`/v1/jobs/${id}/resume`, {});
  expect(await whenFinished(galley, id)).toMatchObject({
    status: "completed",
    resultData: { text: "One! Two! Three!" },
  });
  expect(runs.filter((run) => run !== "gathering")).toEqual(["Two"]);
  expect(await children(id)).toHaveLength(3);
});

test("a tenant with one place has it free for what its job has spawned", async () => {
  await start();
  await galley.test.query("insert into tenants (id, max_running) values ('local', 1)");
  const id = await submit("One", "Two");
  expect(await whenFinished(galley, id)).toMatchObject({ status: "completed" });
});

test("an input that the other type does not take fails the job with its place", async () => {
  await start();
  const id = await submit("One", "");
  const job = await whenFinished(galley, id);
  expect([job.errorMessage, job.errorDetail?.slice(0, 12)]).toEqual([
    'Job 2 (chapter) cannot be spawned: The input does not fit the type "chapter".',
    "/input/title",
  ]);
  expect(await children(id)).toEqual([]);
});

test("a type that spawns itself ends five levels down", async () => {
  const Depth = z.object({ depth: z.number() });
  const type: ReturnType<typeof nest> = nest();
  function nest() {
    const nesting = definePhase({
      name: "nesting",
      input: Depth,
      output: Depth,
      async run({ input, spawn }): Promise<{ depth: number }> {
        const [inner] = await spawn("inner", [child(type, { depth: input.depth + 1 })]);
        if (inner?.status !== "completed") throw new PermanentError(`ended at ${input.depth}`);
        return input;
      },
    });
    return defineJob({ type: "nest", description: "For tests.", input: Depth, phases: [nesting] });
  }
  galley = await startTestGalley({ jobTypes: [type] });
  const { body } = await post("/v1/jobs", { type: "nest", input: { depth: 0 } });
  expect(await whenFinished(galley, body.id)).toMatchObject({ status: "failed", errorMessage: "ended at 0" });
  const { rows } = await galley.test.query("select error_message from generation_jobs order by id desc");
  expect([rows.length, rows[0]?.error_message]).toEqual([6, "Jobs may spawn others 5 levels deep."]);
});

test("a job that is over before what it has spawned takes it along", async () => {
  await start();
  gated();
  const id = await submit("One", "Two");
  await whenWaiting(id);
  await eventually(
    async () => runs.length,
    (count) => count === 3,
  );
  // As when its topic is deleted: no component of Galley has cancelled it.
  await galley.test.query(
    "update generation_jobs set status = 'cancelled', completed_at = now(), queue_job_id = null, waiting_for = null where id = $1",
    [id],
  );
  await reconcile({ ...galley, db: galley.database.db, log: createLog("silent") });
  expect((await children(id)).map(({ status }: { status: string }) => status)).toEqual(["cancelled", "cancelled"]);
  await eventually(galley.running, (running) => running === 0);
});

test("a job goes on when the process that ended its last child died before it could say so", async () => {
  await start();
  gated();
  const id = await submit("One");
  await whenWaiting(id);
  await galley.test.query(
    "update generation_jobs set status = 'cancelled', completed_at = now(), queue_job_id = null, claim = null where parent_id = $1",
    [id],
  );
  await reconcile({ ...galley, db: galley.database.db, log: createLog("silent") });
  expect(await whenFinished(galley, id)).toMatchObject({ status: "completed", resultData: { text: "cancelled" } });
});

test("a phase that looks too early waits on", async () => {
  await start();
  const open = gated();
  const id = await submit("One");
  await whenWaiting(id);
  await hurry(galley, id);
  await eventually(
    async () => runs.filter((run) => run === "gathering").length,
    (count) => count === 2,
  );
  await whenWaiting(id);
  await open("One");
  expect(await whenFinished(galley, id)).toMatchObject({ resultData: { text: "One!" } });
  expect(await children(id)).toHaveLength(1);
});

test("a job whose last child ends before it waits goes on at once", async () => {
  let spawned = () => {};
  const ended = new Promise<void>((resolve) => {
    spawned = resolve;
  });
  const slow = definePhase({
    name: "gathering",
    input: z.object({}),
    output: z.object({}),
    async run({ spawn }) {
      try {
        await spawn("chapters", [child(chapter, { title: "One" })]);
      } finally {
        await ended;
      }
      return {};
    },
  });
  const type = defineJob({ type: "slow", description: "For tests.", input: z.object({}), phases: [slow] });
  galley = await startTestGalley({ jobTypes: [type, chapter] });
  const { body } = await post("/v1/jobs", { type: "slow", input: {} });
  const [one] = await eventually(
    () => children(body.id),
    (found) => found.length === 1,
  );
  await whenFinished(galley, one.id);
  spawned();
  expect(await whenFinished(galley, body.id)).toMatchObject({ status: "completed" });
});

test("what a caller resumes of a job that is over runs on, whatever it spends", async () => {
  await start();
  const open = gated();
  const id = await submit("One", "Two");
  await whenWaiting(id);
  const one = (await children(id)).at(-1);
  await post(`/v1/jobs/${one.id}/cancel`, {});
  await open("Two");
  await whenFinished(galley, id);
  runs = [];
  await post(`/v1/jobs/${one.id}/resume`, {});
  await eventually(
    async () => runs.length,
    (count) => count === 1,
  );
  // As when a call of it has ended.
  await settleFamily({ ...galley, db: galley.database.db }, id, { isOver: false });
  await reconcile({ ...galley, db: galley.database.db, log: createLog("silent") });
  await open("One");
  expect(await whenFinished(galley, one.id)).toMatchObject({ status: "completed" });
});

test("a phase that spawns other jobs in each of its runs fails, and says why", async () => {
  let runs = 0;
  const Count = z.object({ count: z.number() });
  const one = definePhase({ name: "counting", input: Count, output: Count, run: async ({ input }) => input });
  const counted = defineJob({ type: "counted", description: "For tests.", input: Count, phases: [one] });
  const restless = definePhase({
    name: "restless",
    input: Count,
    output: Count,
    async run({ input, spawn }) {
      await spawn("again", [child(counted, { count: ++runs })]);
      return input;
    },
  });
  const type = defineJob({ type: "restless", description: "For tests.", input: Count, phases: [restless] });
  galley = await startTestGalley({ jobTypes: [type, counted] });
  const { body } = await post("/v1/jobs", { type: "restless", input: { count: 0 } });
  expect(await whenFinished(galley, body.id, 50)).toMatchObject({
    status: "failed",
    errorMessage:
      '"again" was spawned 100 times with other inputs: they must be the same in each run of the phase.',
  });
  expect(runs).toBe(101);
});

test("retention keeps what was spawned as long as its parent", async () => {
  await start();
  const open = gated();
  const id = await submit("One", "Two");
  await whenWaiting(id);
  await open("One");
  await eventually(
    () => get(`/v1/jobs/${id}`),
    ({ percentage }) => percentage > 50,
  );
  const old = "update generation_jobs set completed_at = now() - interval '40 days' where completed_at is not null";
  const removed = async () =>
    (await galley.test.query("select jobs from remove_finished_generation_jobs('30 days', 100)")).rows[0]?.jobs;
  await galley.test.query(old);
  expect(await removed()).toBe(0);
  await open("Two");
  expect(await whenFinished(galley, id)).toMatchObject({ resultData: { text: "One! Two!" } });
  expect(await removed()).toBe(0);
  await galley.test.query(old);
  expect(await removed()).toBe(3);
});

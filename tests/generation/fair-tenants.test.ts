import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { setShare } from "../../src/generation/queue/turns/tenant-share.ts";
import { reconcile } from "../../src/generation/upkeep/reconciler.ts";
import { createLog } from "../../src/log/log.ts";
import { eventually, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let started: string[];
const type = relay({
  first: async ({ input, job }) => {
    started.push(input.text === "go" ? job.tenant : input.text);
    return input;
  },
});
let desk: TestGalley;
beforeEach(async () => {
  started = [];
  desk = await startTestGalley({ jobTypes: [type], env: { ROLES: "api" } });
});
afterEach(() => desk.close());

const submit = (tenant: string, body: object = {}) =>
  desk.service.submit(tenant, { type: "relay", input: { text: "go" }, ...body });
const serviceOf = (tenant: string) => ({
  ...desk.service,
  find: (_: string, id: string) => desk.service.find(tenant, id),
});
const submitMany = (tenant: string, count: number) =>
  Promise.all(Array.from({ length: count }, () => submit(tenant)));

/** Starts a worker and waits until so many jobs have started. */
async function work(slots: number, jobs: number): Promise<void> {
  const env = { ROLES: "worker", WORKER_CONCURRENCY: String(slots) };
  const worker = await startTestGalley({ jobTypes: [type], test: desk.test, env });
  await eventually(
    () => started.length,
    (count) => count >= jobs,
  );
  await worker.close();
}

test.each([1, 4])("with %d slots a tenant's backlog keeps no other tenant waiting", async (slots) => {
  await submitMany("heavy", 120);
  for (const tenant of ["a", "b", "c"]) await submitMany(tenant, 2);
  await work(slots, 126);
  const places = ["a", "b", "c"].map((tenant) => started.lastIndexOf(tenant));
  // Two rounds of four tenants, and what runs beside.
  for (const place of places) expect(place).toBeLessThan(2 * 4 + 2 * slots);
});

test("a tenant with the weight 3 has three turns for another's one", async () => {
  await setShare(desk.database.db, "big", { weight: 3 });
  await submitMany("small", 40);
  await submitMany("big", 40);
  await work(1, 80);
  const big = started.slice(0, 40).filter((tenant) => tenant === "big").length;
  expect(big).toBeGreaterThanOrEqual(29);
  expect(big).toBeLessThanOrEqual(31);
});

test("a tenant's urgent job goes before its own backlog, and a tenant that comes back has lost no turn", async () => {
  await submitMany("heavy", 30);
  await submit("heavy", { priority: 1, input: { text: "urgent" } });
  await work(1, 31);
  expect(started[0]).toBe("urgent");

  started = [];
  await submitMany("other", 1);
  await submitMany("heavy", 20);
  await submitMany("other", 5);
  await work(1, 26);
  expect(started.lastIndexOf("other")).toBeLessThan(14);
});

test("many jobs that are resumed at once take their turns like new ones", async () => {
  const jobs = await submitMany("heavy", 40);
  for (const { job } of jobs) await desk.service.cancel("heavy", job.id);
  for (const { job } of jobs) await desk.service.resume("heavy", job.id);
  await submitMany("other", 3);
  await work(1, 43);
  expect(started.lastIndexOf("other")).toBeLessThan(10);
});

test("no more jobs of a tenant are under way than its limit allows, and the next one goes when one has ended", async () => {
  await setShare(desk.database.db, "narrow", { maxRunning: 2 });
  let running = 0;
  let most = 0;
  const counting = relay({
    first: async ({ input, job }) => {
      if (job.tenant === "narrow") most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 10));
      if (job.tenant === "narrow") running--;
      return input;
    },
  });
  const submitted = await submitMany("narrow", 12);
  await submitMany("wide", 3);
  await eventually(
    () => desk.service.list("narrow", { limit: 20 }),
    ({ jobs }) => jobs.filter(({ waitingFor }) => waitingFor === "tenant_limit").length === 10,
  );
  const env = { ROLES: "worker", WORKER_CONCURRENCY: "8" };
  const worker = await startTestGalley({ jobTypes: [counting], test: desk.test, env });
  // Long before the reconciler looks.
  for (const { job } of submitted) await whenFinished({ service: serviceOf("narrow") }, job.id, 10);
  await worker.close();
  expect(most).toBe(2);
});

test("a held job can be cancelled, makes room for nothing, and all go when the limit is taken away", async () => {
  const { db } = desk.database;
  await setShare(db, "narrow", { maxRunning: 1 });
  const submitted = await submitMany("narrow", 5);
  const held = async () =>
    (await desk.service.list("narrow", { limit: 20 })).jobs.filter(({ waitingFor }) => waitingFor !== null);
  await eventually(held, (jobs) => jobs.length === 4);
  const [cancelled] = await held();
  await desk.service.cancel("narrow", cancelled?.id ?? "");
  await reconcile({ ...desk, db, log: createLog("silent") });
  expect(await held()).toHaveLength(3);

  await setShare(db, "narrow", { maxRunning: null });
  await reconcile({ ...desk, db, log: createLog("silent") });
  expect(await held()).toEqual([]);
  await work(2, 4);
  expect(submitted).toHaveLength(5);
});

test("held jobs of a type that a process does not know wait for another one, and hold up no other", async () => {
  const { db } = desk.database;
  await setShare(db, "narrow", { maxRunning: 1 });
  const stranger = await startTestGalley({
    jobTypes: [{ ...type, type: "strange" }],
    test: desk.test,
    env: { ROLES: "api" },
  });
  for (let count = 0; count < 3; count++)
    await stranger.service.submit("narrow", { type: "strange", input: { text: "go" }, priority: 5 });
  const id = (await submit("narrow")).job.id;
  await stranger.close();
  await desk.service.list("narrow", { limit: 20 });
  await setShare(db, "narrow", { maxRunning: 2 });
  await reconcile({ ...desk, db, log: createLog("silent") });
  expect((await desk.service.find("narrow", id)).waitingFor).toBeNull();
  const { jobs } = await desk.service.list("narrow", { limit: 20 });
  expect(jobs.filter(({ waitingFor }) => waitingFor !== null).map(({ type: name }) => name)).toEqual([
    "strange",
    "strange",
  ]);
});

import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { setShare } from "../../src/money/budgets.ts";
import { eventually, startTestGalley, type TestGalley } from "../support/galley.ts";
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

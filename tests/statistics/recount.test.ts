import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { createKey } from "../../src/access/keys.ts";
import type { Scope } from "../../src/access/scopes.ts";
import type { Body } from "../../src/client/index.ts";
import { cleanUp } from "../../src/generation/upkeep/cleanup/cleanup.ts";
import { rollUp } from "../../src/generation/upkeep/roll-up.ts";
import { thirtyDays } from "../support/finished-jobs.ts";
import { startTestGalley, type TestGalley } from "../support/galley.ts";
import { insertHistory, randomFrom } from "../support/random-history.ts";
import { exactTimes, type Known, look, recount } from "../support/recount.ts";
import { relay } from "../support/types.ts";

// Days: less than the five minutes that a roll-up leaves.
const lately = 4 / 24 / 60;

type Statistics = Body<"getStatistics">;

let galley: TestGalley;
let keys: Record<string, string>;
beforeEach(async () => {
  galley = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api", LOG_LEVEL: "error" } });
  const make = (tenant: string, scope: Scope) => createKey(galley.database.db, tenant, [scope]);
  keys = { acme: await make("acme", "jobs:read"), all: await make("operator", "admin") };
});
afterEach(() => galley.close());

async function ask(whose: "acme" | "all", window: string): Promise<Statistics> {
  const { status, body } = await request(galley.url)
    .get(`/v1/stats?window=${window}${whose === "all" ? "&tenants=all" : ""}`)
    .set("Authorization", `Bearer ${keys[whose]}`);
  expect(status).toBe(200);
  return body;
}

/** Compares each percentile with the time at its rank, as exactly as the service says it knows it. */
function expectTimes(
  times: Statistics["jobs"]["waitSeconds"],
  exact: ReturnType<typeof exactTimes>,
  error: number,
) {
  expect(times.count).toBe(exact.count);
  // Half a microsecond is rounded, and less than a millisecond counts as one.
  for (const rank of ["p50", "p95", "p99"] as const) {
    const found = times[rank] ?? 0;
    const at = Math.max(exact[rank] ?? 0, exact.count > 0 ? 0.001 : 0);
    expect(Math.abs(found - at)).toBeLessThanOrEqual(at * error + 1e-3);
  }
  expect(times.mean ?? 0).toBeCloseTo(exact.mean ?? 0, 3);
}

async function expectRecounted(known: Known): Promise<void> {
  await look(galley.test, known);
  for (const whose of ["acme", "all"] as const) {
    const tenant = whose === "all" ? null : whose;
    for (const window of ["15m", "2h", "24h", "3d", "7d", "30d"]) {
      const said = await ask(whose, window);
      const [before, from, to] = [said.before, said.from, said.to].map((time) => Date.parse(time)) as [
        number,
        number,
        number,
      ];
      const counted = recount(known, tenant, from, to);
      const earlier = recount(known, tenant, before, from - 1);
      const place = `${whose}, ${window}`;
      expect({ place, ...said.jobs }).toMatchObject({ place, ...counted.ends, retries: counted.retries });
      expect({ place, ...said.jobsBefore }).toEqual({ place, ...earlier.ends });
      expectTimes(said.jobs.processingSeconds, counted.processing, said.percentileError);
      expectTimes(said.jobs.waitSeconds, counted.waits, said.percentileError);
      for (const { type, ...ofType } of said.types) expect(ofType).toMatchObject(counted.endsOf(type));
      for (const { type, phase, seconds } of said.phases) {
        const exact = counted.phaseSeconds.get(`${type}.${phase}`) ?? [];
        expectTimes(seconds, exactTimes(exact.map((one) => one.seconds)), said.percentileError);
      }
      const flat = ({ calls, unanswered, tokens, cost, unpriced }: Statistics["calls"]) => ({
        ...{ calls, unanswered, input: tokens.input, output: tokens.output },
        ...{ cost: Number(cost).toFixed(6), unpriced },
      });
      expect(flat(said.calls)).toEqual(counted.calls);
      expect(Object.fromEntries(said.models.map((one) => [one.model, flat(one)]))).toEqual(
        counted.callsBy("model"),
      );
      const typed = said.types.flatMap(({ type, calls }) => (calls ? [[type, flat(calls)]] : []));
      expect(counted.callsBy("type")).toMatchObject(Object.fromEntries(typed));
      const costs = said.costs.map(({ start, type, model, cost, unpriced }) => [
        `${start} ${type ?? ""} ${model}`,
        { cost: Number(cost).toFixed(6), unpriced },
      ]);
      expect(Object.fromEntries(costs)).toEqual(counted.costsBy(said.span));
      const failures = said.failures.map(({ type, phase, code, jobs, cost, unpriced }) => [
        `${type} ${phase} ${code}`,
        { jobs, cost: Number(cost).toFixed(6), unpriced },
      ]);
      const expected = [...counted.failures].map(([kind, { ids, ...rest }]) => [kind, rest]);
      expect(Object.fromEntries(failures)).toEqual(Object.fromEntries(expected));
      const created = said.spans.reduce((sum, span) => sum + span.created, 0);
      expect({ place, created }).toEqual({ place, created: counted.ends.created });
      for (const one of said.tenants ?? []) {
        const { successRate, ...ofTenant } = recount(known, one.tenant, from, to).ends;
        expect(one).toMatchObject(ofTenant);
      }
    }
  }
}

test.each([1, 2, 3])(
  "statistics over any window are a plain count over all rows that ever were (history %i)",
  async (seed) => {
    const { service, database, test: testDb } = galley;
    const random = randomFrom(seed);
    const known: Known = { jobs: new Map(), calls: new Map() };
    await insertHistory(testDb, random, 700);
    await expectRecounted(known);
    await rollUp(database.db);
    await expectRecounted(known);
    await insertHistory(testDb, random, 100, lately);
    // Not rolled up yet, and gone: those with calls would take the calls' type with them.
    await look(testDb, known);
    await testDb.query("delete from generation_jobs where status = 'cancelled' and random() < 0.3");
    await expectRecounted(known);
    const failed = [...known.jobs.values()].filter(({ status, type }) => status === "failed" && type === "relay");
    for (const { id, tenant } of failed.slice(0, 10)) await service.resume(tenant, id);
    await testDb.query(
      "update provider_calls set cost = 0.5, input_tokens = 7, finished_at = least(now(), finished_at + interval '1 hour') where random() < 0.05",
    );
    await expectRecounted(known);
    const { removed } = await cleanUp(database.db, { retention: { ...thirtyDays, jobs: 2 }, cause: "hand" });
    expect(removed.jobs).toBeGreaterThan(20);
    await expectRecounted(known);
    await rollUp(database.db);
    await expectRecounted(known);
  },
  60_000,
);

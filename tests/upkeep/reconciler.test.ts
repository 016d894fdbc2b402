import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { definePhase } from "../../src/author/index.ts";
import { createCatalogue } from "../../src/generation/job/catalogue.ts";
import { transactJobs } from "../../src/generation/job/locked-jobs.ts";
import { reconcile } from "../../src/generation/upkeep/reconciler.ts";
import { createLog } from "../../src/log/log.ts";
import { startTestGalley, type TestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api" } });
});
afterAll(() => galley.close());

const submit = async (more: object = {}): Promise<string> =>
  (await galley.service.submit("local", { type: "relay", input: { text: "go" }, ...more })).job.id;

test("all that has drifted is repaired in one run, and what cannot be stops nothing behind it", async () => {
  const ids = await Promise.all(Array.from({ length: 250 }, () => submit()));
  await galley.test.query("delete from galley_queue.job");
  await galley.test.query(`
    create function refuse() returns trigger language plpgsql as $$
    begin
      if new.id = '${ids[3]}' then raise exception 'not this one'; end if;
      return new;
    end $$`);
  await galley.test.query(
    "create trigger refuse before update on generation_jobs for each row execute function refuse()",
  );
  const run = () => reconcile({ ...galley, db: galley.database.db, log: createLog("silent") });
  expect(await run()).toEqual({ resent: 249, failed: 0, unknownPhase: 0, cancelled: 0 });
  await galley.test.query("drop function refuse cascade");
  expect(await run()).toMatchObject({ resent: 1 });
  expect(await run()).toMatchObject({ resent: 0 });
}, 60_000);

test("a job may supersede one that retention has removed, and none that never was", async () => {
  const old = await submit();
  await galley.service.cancel("local", old);
  await transactJobs(galley.database.db, async ({ tx }) => {
    await tx.execute(
      "update generation_jobs set completed_at = now() - interval '1 year' where status = 'cancelled'",
    );
    await tx.execute("select remove_finished_generation_jobs(interval '1 day', 10)");
  });
  expect(
    await galley.service.submit("local", { type: "relay", input: { text: "go" }, supersedes: old }),
  ).toMatchObject({
    replayed: false,
  });
  await expect(submit({ supersedes: "job_00000000000000000000000000000000" })).rejects.toMatchObject({
    code: "invalid_input",
  });
});

test("a phase that may take longer than pg-boss lets anything run is refused where it is defined", () => {
  const type = relay();
  const [first] = type.phases;
  const slow = { ...definePhase(first as never), expireInSeconds: 86_400 };
  expect(() => createCatalogue([{ ...type, phases: [slow] }])).toThrow(
    /"relay\.first" may take 86400 s; .*43140 s at most/,
  );
});

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type pg from "pg";
import { startDispatcher } from "../../src/generation/dispatch/dispatcher.ts";
import { createLog } from "../../src/log/log.ts";
import { watch } from "../support/fuse.ts";
import { startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { relay } from "../support/types.ts";

/*
 * Every statement is a way to the server and back. One that is added shows here, and says why in the commit.
 */

let galley: TestGalley;
const sent: string[] = [];
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api" } });
  const watched = new Set<pg.PoolClient>();
  galley.database.pool.on("acquire", (client) => {
    if (watched.has(client)) return;
    watched.add(client);
    watch(client, (text) => {
      if (!upkeep.test(text.trim().replace(/\s+/g, " "))) sent.push(nameOf(text));
    });
  });
});
afterAll(() => galley.close());

const names: [RegExp, string][] = [
  [/^begin/, "begin"],
  [/^commit/, "commit"],
  [/^insert into generation_jobs/, "add jobs"],
  [/^insert into generation_job_events/, "append events"],
  [/^insert into generation_phases/, "keep outputs"],
  [/^update generation_jobs/, "write jobs"],
  [/^select .* from generation_jobs where .* for no key update/, "lock jobs"],
  [/^select .* from generation_jobs as job where id = any/, "read jobs"],
  [/^select case when wanted\.before/, "read inputs"],
  [/^select id, place/, "look at the place in the queue"],
  [/^with wanted as .* insert into tenant_turns/, "take turns"],
  [/^insert into galley_queue/, "send queue jobs"],
  [/^with next as/, "claim queue jobs"],
  [/^with results as .* set completed_on/, "complete queue jobs"],
  [/^with paused as .* select queue, next/, "look for what is due"],
];

function nameOf(text: string): string {
  const flat = text.trim().replace(/\s+/g, " ").toLowerCase();
  return names.find(([statement]) => statement.test(flat))?.[1] ?? flat;
}

// Hints are sent a little later, and the listener hears itself. pg-boss looks after its tables when its timers say so:
// no statement that Galley asks of it begins like these.
const upkeep =
  /pg_notify|^begin; set local lock_timeout|^update galley_queue\.version|^select q\.name|^insert into galley_queue\.queue/i;

async function statementsOf(run: () => Promise<unknown>): Promise<string[]> {
  sent.length = 0;
  await run();
  return [...sent];
}

const submit = async (): Promise<string> =>
  (await galley.service.submit("local", { type: "relay", input: { text: "go" } })).job.id;

test("a submission is one transaction of three statements, after its turn was taken", async () => {
  expect(await statementsOf(submit)).toEqual([
    "take turns",
    "begin",
    "add jobs",
    "append events",
    "send queue jobs",
    "commit",
    "look at the place in the queue",
  ]);
});

test("twenty submissions at once take as many as two", async () => {
  const statements = await statementsOf(() => Promise.all(Array.from({ length: 20 }, submit)));
  expect(statements.length).toBeLessThanOrEqual(14);
});

test("a status read is one statement, its place in the queue included", async () => {
  const id = await submit();
  expect(await statementsOf(() => galley.service.find("local", id))).toEqual(["read jobs"]);
});

test("a job of two phases takes three transactions: its claim, its advance and its end", async () => {
  await galley.test.query("delete from generation_jobs");
  await galley.test.query("delete from galley_queue.job");
  const id = await submit();
  const dispatcher = startDispatcher({
    ...galley,
    worker: null,
    submitChildren: async () => undefined,
    db: galley.database.db,
    log: createLog("silent"),
    concurrency: 1,
    maxOutputBytes: 1_000_000,
    pollSeconds: () => 3600,
  });
  const statements = await statementsOf(async () => {
    await whenFinished({ service: { ...galley.service, find: readBeside } }, id);
  });
  await dispatcher.stop(0);
  const look = "look for what is due";
  const claim = ["begin", "claim queue jobs", "lock jobs", "write jobs", "append events", "commit", "read inputs"];
  const end = ["begin", "lock jobs", "complete queue jobs", "keep outputs"];
  const next = ["send queue jobs", "claim queue jobs"];
  const write = ["write jobs", "append events", "commit"];
  expect(statements.filter((one) => one !== look)).toEqual([...claim, ...end, ...next, ...write, ...end, ...write]);
  // Before the first claim, for the next one in each ending, and once after each of these.
  expect(statements.filter((one) => one === look).length).toBeLessThanOrEqual(7);
});

/** Over a connection that is not watched. */
async function readBeside(_tenant: string, id: string) {
  const { rows } = await galley.test.query("select * from generation_jobs where id = $1", [id]);
  return rows[0];
}

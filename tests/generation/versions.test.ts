import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { defineJob, definePhase, type JobType, type Migrations } from "galley/author";
import { z } from "zod";
import { createCatalogue } from "../../src/generation/job/catalogue.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import {
  eventTypes,
  eventually,
  hurry,
  startTestGalley,
  type TestGalley,
  whenFinished,
} from "../support/galley.ts";
import { failUntilHurried, relay } from "../support/types.ts";

let database: TestDatabase;
let running: TestGalley[];
beforeEach(async () => {
  database = await createTestDatabase();
  running = [];
});
afterEach(async () => {
  for (const galley of running) await galley.close();
  await database.drop();
});

async function start(type: JobType, env: Record<string, string> = {}): Promise<TestGalley> {
  const galley = await startTestGalley({ jobTypes: [type], test: database, env });
  running.push(galley);
  return galley;
}
const stop = (galley: TestGalley) => {
  running.splice(running.indexOf(galley), 1);
  return galley.close();
};

const Text = z.object({ text: z.string() });
const Parts = z.object({ parts: z.array(z.string()) });

/** Which attempts at the second phase fail, so that another worker may take it. */
type Holds = { holds?: "all" | "first" };

const hold = (holds: Holds["holds"], attempt: number) => {
  if (holds === "all" || (holds === "first" && attempt === 1)) throw failUntilHurried();
};

/** Two phases, whose first gives a text. */
function before({ holds }: Holds = {}): JobType {
  const outlining = definePhase({ name: "outlining", input: Text, output: Text, run: async ({ input }) => input });
  const writing = definePhase({
    name: "writing",
    input: Text,
    output: z.object({ by: z.string() }),
    async run({ input, attempt }) {
      hold(holds, attempt);
      return { by: `old code: ${input.text}` };
    },
  });
  return defineJob({ type: "essay", description: "For tests.", input: Text, phases: [outlining, writing] });
}

const migrate: Migrations = {
  1: (stored) => ({ texts: [Text.parse(stored).text] }),
  2: (stored) => ({ parts: z.object({ texts: z.array(z.string()) }).parse(stored).texts }),
};

/** The same two phases, of which the first gives parts. */
function after({ holds, from = migrate }: Holds & { from?: Migrations } = {}): JobType {
  const outlining = definePhase({
    name: "outlining",
    input: Text,
    output: Parts,
    version: 3,
    migrate: from,
    run: async ({ input }) => ({ parts: input.text.split(" ") }),
  });
  const writing = definePhase({
    name: "writing",
    input: Parts,
    output: z.object({ by: z.string() }),
    async run({ input, attempt }) {
      hold(holds, attempt);
      return { by: `new code: ${input.parts}` };
    },
  });
  return defineJob({ type: "essay", description: "For tests.", input: Text, phases: [outlining, writing] });
}

const fail = (text: string): never => {
  throw new Error(text);
};

const submit = async ({ service }: TestGalley, body: object = {}) =>
  (await service.submit("local", { type: "essay", input: { text: "one two" }, ...body })).job.id;
const find = ({ service }: TestGalley, id: string) => service.find("local", id);
const waiting = (galley: TestGalley, id: string) =>
  eventually(
    () => find(galley, id),
    ({ nextAttemptAt }) => nextAttemptAt !== null,
  );

/** Runs a job up to its second phase, by the code of then. */
async function comeToWriting(type: JobType): Promise<string> {
  const galley = await start(type);
  const id = await submit(galley);
  await waiting(galley, id);
  await stop(galley);
  return id;
}

test("what older code has kept is brought up to date, a version at a time", async () => {
  const id = await comeToWriting(before({ holds: "all" }));
  const galley = await start(after());
  await hurry(galley, id);
  expect(await whenFinished(galley, id)).toMatchObject({
    status: "completed",
    resultData: { by: "new code: one two" },
  });
});

test("what newer code has kept waits for a newer worker, without using an attempt", async () => {
  const id = await comeToWriting(after({ holds: "all" }));
  const older = await start(before());
  await hurry(older, id);
  const resting = await eventually(
    () => find(older, id),
    ({ waitingFor }) => waitingFor !== null,
  );
  expect(resting).toMatchObject({
    status: "processing",
    attempts: 1,
    waitingFor: "a worker that knows version 3 of the job is needed",
  });
  const newer = await start(after());
  const done = await eventually(
    async () => {
      await hurry(newer, id);
      return await find(newer, id);
    },
    ({ status }) => status !== "processing",
  );
  expect(done).toMatchObject({ status: "completed", resultData: { by: "new code: one,two" } });
});

test("jobs complete while old and new workers run side by side, whichever begins and whichever goes on", async () => {
  const ids: string[] = [];
  for (const type of [before({ holds: "first" }), after({ holds: "first" })]) {
    const alone = await start(type);
    const begun = await Promise.all(Array.from({ length: 10 }, () => submit(alone)));
    for (const id of begun) await waiting(alone, id);
    await stop(alone);
    ids.push(...begun);
  }
  await start(before());
  const galley = await start(after());
  const finish = (id: string) =>
    eventually(
      async () => {
        await hurry(galley, id);
        return await find(galley, id);
      },
      ({ status }) => status !== "processing",
      50,
    );
  const jobs = await Promise.all(ids.map(finish));
  expect(jobs.map(({ status }) => status)).toEqual(ids.map(() => "completed"));
  // Old code cannot read what new code has kept.
  const results = jobs.map(({ resultData }) => (resultData as { by: string }).by);
  expect(results.slice(10)).toEqual(ids.slice(10).map(() => "new code: one,two"));
  for (const result of results.slice(0, 10)) expect(result).toMatch(/^(old|new) code: one two$/);
});

test("a version that no worker has known for a day fails the job, and says so", async () => {
  const id = await comeToWriting(after({ holds: "all" }));
  await database.query("update generation_phases set completed_at = now() - interval '25 hours'");
  const older = await start(before());
  await hurry(older, id);
  expect(await whenFinished(older, id)).toMatchObject({
    status: "failed",
    errorCode: "input_mismatch",
    errorRetryable: false,
    errorMessage: "What the phase begins with has version 3; no worker knows more than 1.",
  });
});

test("a migration that throws fails the job without its values; mended, the job is resumed", async () => {
  const id = await comeToWriting(before({ holds: "all" }));
  const broken = await start(after({ from: { 1: (stored) => stored, 2: () => fail("secret") } }));
  await hurry(broken, id);
  const message = 'The output of "outlining" could not be brought from version 2 to 3.';
  expect(await whenFinished(broken, id)).toMatchObject({ errorCode: "input_mismatch", errorMessage: message });
  await expect(broken.service.resume("local", id)).rejects.toMatchObject({ code: "conflict", message });
  await stop(broken);
  const mended = await start(after());
  await mended.service.resume("local", id);
  expect(await whenFinished(mended, id)).toMatchObject({ resultData: { by: "new code: one two" } });
});

test("the input of a job that was submitted to older code is brought up to date", async () => {
  const older = await start(before(), { ROLES: "api" });
  const id = await submit(older);
  const newest: JobType = { ...after(), version: 2, migrate: { 1: () => ({ text: "of version 2" }) } };
  const newer = await start(newest);
  expect(await whenFinished(newer, id)).toMatchObject({ resultData: { by: "new code: of,version,2" } });
  expect(await whenFinished(newer, await submit(newer))).toMatchObject({ resultData: { by: "new code: one,two" } });
});

/** `after` with a phase between its two. */
function longer(): JobType {
  const [outlining, writing] = after().phases;
  const checking = definePhase({ name: "checking", input: Parts, output: Parts, run: async ({ input }) => input });
  return { ...after(), phases: [outlining, checking, writing] as JobType["phases"] };
}

test("a job that came past a phase before it was there says which one to fork it from", async () => {
  const id = await comeToWriting(before({ holds: "all" }));
  const galley = await start(longer());
  await hurry(galley, id);
  const message = '"writing" begins with the output of "checking", and the job has none: fork it from "checking".';
  expect(await whenFinished(galley, id)).toMatchObject({ errorCode: "input_mismatch", errorMessage: message });
  await expect(galley.service.resume("local", id)).rejects.toMatchObject({ code: "conflict", message });
  const { job } = await galley.service.fork("local", id, { fromPhase: "checking" });
  expect(await whenFinished(galley, job.id)).toMatchObject({ resultData: { by: "new code: one two" } });
});

test("a job that ended in a phase which exists no more is forked from one that does", async () => {
  const [outlining, , writing] = longer().phases;
  const checking = definePhase({
    name: "checking",
    input: Parts,
    output: Parts,
    run: () => Promise.reject(failUntilHurried()),
  });
  const older = await start({ ...after(), phases: [outlining, checking, writing] as JobType["phases"] });
  const id = await submit(older);
  await waiting(older, id);
  await older.service.cancel("local", id);
  await stop(older);
  const newer = await start(after());
  await expect(newer.service.resume("local", id)).rejects.toMatchObject({
    code: "conflict",
    message: 'The job\'s type or phase "checking" exists no more: fork it from a phase that does.',
  });
  const { job } = await newer.service.fork("local", id, { fromPhase: "writing" });
  const done = await whenFinished(newer, job.id);
  expect(done).toMatchObject({ resultData: { by: "new code: one,two" } });
  expect(await eventTypes(newer, done)).not.toContain("attempt_failed");
});

test("a fork keeps the version of what it takes over, and its own input is of the present one", async () => {
  const older = await start(before());
  const id = await submit(older);
  await whenFinished(older, id);
  await stop(older);
  const newer = await start(after());
  const fork = (more: object) => newer.service.fork("local", id, { fromPhase: "writing", ...more });
  const results = [await fork({}), await fork({ input: { parts: ["given"] } })].map(({ job }) => job.id);
  expect(await whenFinished(newer, results[0] ?? "")).toMatchObject({ resultData: { by: "new code: one two" } });
  expect(await whenFinished(newer, results[1] ?? "")).toMatchObject({ resultData: { by: "new code: given" } });
});

test.each<[Pick<JobType, "version" | "migrate">, string]>([
  [{ version: 0 }, '"relay" has the version 0; expected 1, 2 and so on.'],
  [{ version: 1.5 }, '"relay" has the version 1.5; expected 1, 2 and so on.'],
  [{ migrate: { 1: (stored) => stored } }, '"relay" has version 1, and migrates from version 1.'],
  [{ version: 3, migrate: { 0: (stored) => stored } }, '"relay" has version 3, and migrates from version 0.'],
])("versions that lead nowhere are refused at the start: %j", (versions, message) => {
  expect(() => createCatalogue([{ ...relay(), ...versions }])).toThrow(message);
});

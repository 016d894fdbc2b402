import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { removeText } from "../../src/generation/upkeep/text-retention.ts";
import { readStream } from "../support/event-stream.ts";
import { startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { run } from "../support/process.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
beforeEach(async () => {
  const first = relay({
    first: async ({ step, model }) => ({
      text: await step("text", 1, () => model.text({ system: "", user: "Write 20 words.", maxOutputTokens: 100 })),
    }),
  });
  galley = await startTestGalley({ jobTypes: [first] });
});
afterEach(() => galley.close());

async function finishedJob(hoursAgo: number): Promise<string> {
  const { job } = await galley.service.submit("local", { type: "relay", input: { text: "go" } });
  await whenFinished(galley, job.id);
  await galley.test.query(
    "update generation_jobs set completed_at = now() - make_interval(hours => $2) where id = $1",
    [job.id, hoursAgo],
  );
  return job.id;
}
const read = async (id: string) =>
  (await readStream(galley.url, id)).map(
    ({ data }) => JSON.parse(data) as { id: number; type: string; data: object },
  );

test("a day after a job has finished its pieces of text are removed, and a snapshot stands for them", async () => {
  const [old, young] = [await finishedJob(25), await finishedJob(23)];
  const [before, untouched] = [await read(old), await read(young)];
  const pieces = before.filter(({ type }) => type === "text");
  expect(pieces.length).toBeGreaterThan(0);
  const { db } = galley.database;

  expect(await removeText(db, { days: 1, dryRun: true })).toBe(pieces.length);
  expect(await read(old)).toEqual(before);
  expect(await removeText(db, { days: 1 })).toBe(pieces.length);
  expect(await removeText(db, { days: 1 })).toBe(0);

  const [from, to] = [pieces[0]?.id ?? 0, pieces.at(-1)?.id ?? 0];
  const after = await read(old);
  expect(after.find(({ type }) => type === "snapshot")).toMatchObject({ id: to, data: { from, to } });
  expect(after.filter(({ type }) => type !== "snapshot")).toEqual(before.filter(({ type }) => type !== "text"));
  expect((await request(galley.url).get(`/v1/jobs/${old}/events`)).body.data).toEqual(after);
  expect(await read(young)).toEqual(untouched);
});

test("all batches are gone through, also those of jobs that finished at the same moment", async () => {
  const id = await finishedJob(48);
  const texts = (await read(id)).filter(({ type }) => type === "text").length;
  const columns = await galley.test.query<{ list: string }>(
    `select string_agg(quote_ident(column_name), ', ') as list from information_schema.columns
    where table_schema = 'public' and table_name = 'generation_jobs' and column_name <> 'id'`,
  );
  const list = columns.rows[0]?.list ?? "";
  await galley.test.query(
    `insert into generation_jobs (id, ${list})
    select 'job_copy_' || copy, ${list} from generation_jobs, generate_series(1, 500) as copy where id = $1`,
    [id],
  );
  await galley.test.query(
    `insert into generation_job_events (job_id, id, at, type, data)
    select 'job_copy_' || copy, id, at, type, data from generation_job_events, generate_series(1, 500) as copy
    where job_id = $1`,
    [id],
  );
  expect(await removeText(galley.database.db, { days: 1 })).toBe(501 * texts);
});

test("npm run cleanup removes them too, and says how many", async () => {
  const id = await finishedJob(25);
  const texts = (await read(id)).filter(({ type }) => type === "text").length;
  const env = { DATABASE_URL: galley.test.url };
  const dryRun = run("scripts/cleanup.ts", ["--dry-run"], env);
  await dryRun.exit;
  expect(dryRun.stdout()).toContain(
    `Would remove ${texts} pieces of text of jobs that finished more than 1 day ago.`,
  );
  const cleanup = run("scripts/cleanup.ts", [], env);
  expect(await cleanup.exit).toBe(0);
  expect(cleanup.stdout()).toContain(`Removed ${texts} pieces of text`);
  expect((await read(id)).filter(({ type }) => type === "text")).toEqual([]);
});

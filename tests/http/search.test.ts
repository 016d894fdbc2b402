import { afterAll, beforeAll, expect, test } from "@jest/globals";
import request from "supertest";
import { z } from "zod";
import { defineJob, definePhase } from "../../src/author/index.ts";
import { startTestGalley, type TestGalley } from "../support/galley.ts";

// Any JSON object is an input, so that every place of a word can be tried.
const note = defineJob({
  type: "note",
  description: "For tests.",
  input: z.looseObject({}),
  phases: [definePhase({ name: "writing", input: z.looseObject({}), output: z.object({}), run: async () => ({}) })],
});

let galley: TestGalley;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [note], env: { ROLES: "api" } });
});
afterAll(() => galley.close());

async function submit(input: object): Promise<string> {
  const { body } = await request(galley.url).post("/v1/jobs").send({ type: "note", input });
  return body.id;
}

async function find(q: string): Promise<string[]> {
  const { body } = await request(galley.url).get("/v1/jobs").query({ q });
  return body.data.map(({ id }: { id: string }) => id);
}

const composed = "Caf\u00e9 \u00c5ngstr\u00f6m";

test.each([
  ["inch marks", 'A 24" wheel', '24" wheel'],
  ["a backslash", "The folder C:\\temp", "c:\\temp"],
  ["two lines", "First line\nsecond line", "line\nsecond"],
  ["a tab", "left\tright", "left\tright"],
  ["a percent sign", "It grows by 100% a year", "100%"],
  ["an underscore", "snake_case", "snake_case"],
  ["a letter of two forms, written composed", `${composed} 1`, `${composed} 1`.normalize("NFD")],
  ["a letter of two forms, written decomposed", `${composed} 2`.normalize("NFD"), `${composed} 2`],
  ["capital umlauts", "ÜBER ÄPFEL", "über äpfel"],
  ["small Greek letters", "οδύσσεια", "ΟΔΎΣΣΕΙΑ"],
  ["Japanese", "東京の自転車", "自転車"],
  ["an emoji", "Bikes 🚲 for all", "🚲"],
])("a text with %s is found", async (_name, text, q) => {
  const id = await submit({ topic: { title: text } });
  expect(await find(q)).toEqual([id]);
});

test("a word is found at any depth, in lists too, once for each job", async () => {
  const id = await submit({ a: { b: [{ c: ["deep-down", "deep-down too"] }] } });
  expect(await find("DEEP-DOWN")).toEqual([id]);
});

test("a number is found when all of it is given", async () => {
  const id = await submit({ sku: 4711_0815, price: 12.5 });
  expect(await find("47110815")).toEqual([id]);
  expect(await find("12.5")).toEqual([id]);
  expect(await find("4711")).toEqual([]);
});

test.each(["fieldname", "{", '":', "true", "null"])("what only the JSON has is not found: %s", async (q) => {
  await submit({ fieldname: "x", list: [true, null, {}] });
  expect(await find(q)).toEqual([]);
});

test("what stands in two texts is no match", async () => {
  await submit({ first: "uphill", second: "downhill" });
  expect(await find("uphilldownhill")).toEqual([]);
  expect(await find('uphill", "second')).toEqual([]);
});

test("a job is found by its id", async () => {
  const id = await submit({ title: "by id" });
  expect(await find(id)).toEqual([id]);
});

test("a text is searched in 2,000 jobs a page, and the next page goes on behind them", async () => {
  await galley.test.query(`
    insert into generation_jobs (id, type, request_data, current_step, queue_job_id)
    select 'job_0000' || lpad(n::text, 28, '0'), 'note', jsonb_build_object('title', case n when 1 then 'needle' else 'hay' end),
      'Queued', gen_random_uuid()
    from generate_series(1, 3000) as n`);
  const found: string[] = [];
  let pages = 0;
  for (let cursor: string | null | undefined; cursor !== null; pages++) {
    const { body } = await request(galley.url)
      .get("/v1/jobs")
      .query({ q: "needle", ...(cursor && { cursor }) });
    found.push(...body.data.map(({ id }: { id: string }) => id));
    cursor = body.nextCursor;
  }
  expect(found).toEqual([`job_0000${"1".padStart(28, "0")}`]);
  expect(pages).toBe(2);
  await galley.test.query("delete from generation_jobs where id like 'job_0000%'");
});

test("a list leaves out inputs and results unless they are asked for", async () => {
  const id = await submit({ topic: { title: "large" } });
  const list = async (query: object) =>
    (
      await request(galley.url)
        .get("/v1/jobs")
        .query({ limit: 1, ...query })
    ).body.data[0];
  expect(await list({})).toMatchObject({ id });
  expect(Object.keys(await list({}))).toEqual(expect.not.arrayContaining(["input", "result"]));
  expect(await list({ include: "input,result" })).toMatchObject({
    input: { topic: { title: "large" } },
    result: null,
  });
});

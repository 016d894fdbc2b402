import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { sql } from "drizzle-orm";
import { defineJob, definePhase, InputError } from "galley/author";
import request from "supertest";
import { z } from "zod";
import { startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";

const Input = z.strictObject({ topic: z.string().max(20), notes: z.string().max(20).optional() });
const phase = definePhase({
  name: "reading",
  input: Input,
  output: z.object({ notes: z.string() }),
  run: async ({ input }) => ({ notes: input.notes ?? "none" }),
});
let prepared = 0;
/** Takes the notes of the topic that the input names. */
const type = defineJob({
  type: "digest",
  description: "For tests.",
  input: Input,
  phases: [phase],
  async prepare(tx, input, { tenant }) {
    prepared++;
    const found = await tx.execute<{ notes: string }>(
      sql`select content_template as notes from topics where topic_title = ${input.topic} and tenant = ${tenant}`,
    );
    const [row] = found.rows;
    if (!row) throw new InputError("/topic", `there is no topic "${input.topic}"`);
    return { ...input, notes: row.notes };
  },
});

let galley: TestGalley;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [type] });
  await post("/v1/topics", { title: "Rye bread", template: "warm" });
  await post("/v1/topics", { title: "Too long", template: "x".repeat(30) });
});
afterAll(() => galley.close());
beforeEach(() => {
  prepared = 0;
});

const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  request(galley.url).post(path).set(headers).send(body);
const job = (topic: string) => ({ type: "digest", input: { topic } });
const countJobs = async () => (await galley.test.query("select from generation_jobs")).rowCount;

test("a job keeps the input that its type has prepared, and a repeated request prepares nothing", async () => {
  const headers = { "Idempotency-Key": "once" };
  const { body } = await post("/v1/jobs", job("Rye bread"), headers);
  expect(body.input).toEqual({ topic: "Rye bread", notes: "warm" });
  expect(await whenFinished(galley, body.id)).toMatchObject({ resultData: { notes: "warm" } });
  expect((await post("/v1/jobs", job("Rye bread"), headers)).body.id).toBe(body.id);
  expect(prepared).toBe(1);
});

test("an input that the type does not accept is refused by its place, and nothing is written", async () => {
  const before = await countJobs();
  const { status, body } = await post("/v1/jobs", job("Bricks"));
  expect([status, body.code, body.errors]).toEqual([
    400,
    "invalid_input",
    [{ pointer: "/input/topic", message: 'there is no topic "Bricks"' }],
  ]);
  expect(await countJobs()).toBe(before);
});

test("a prepared input that does not fit the type is a fault of the service", async () => {
  const before = await countJobs();
  expect((await post("/v1/jobs", job("Too long"))).status).toBe(500);
  expect(await countJobs()).toBe(before);
});

test("the jobs of a batch are prepared, and those that cannot be are named together", async () => {
  const before = (await countJobs()) ?? 0;
  const refused = await post("/v1/batches", { jobs: [job("Bricks"), job("Rye bread"), job("Stones")] });
  expect(refused.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
    "/jobs/0/input/topic",
    "/jobs/2/input/topic",
  ]);
  expect(await countJobs()).toBe(before);

  const { body } = await post("/v1/batches", { jobs: [job("Rye bread"), job("Rye bread")] });
  for (const { id } of body.jobs) {
    expect(await whenFinished(galley, id)).toMatchObject({ resultData: { notes: "warm" } });
  }
});

import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
beforeEach(async () => {
  galley = await startTestGalley({ jobTypes: [relay()] });
});
afterEach(() => galley.close());

const nextMonth = new Date(Date.now() + 30 * 24 * 3_600_000).toISOString();
const submit = async (startAfter: string) =>
  (
    await request(galley.url)
      .post("/v1/jobs")
      .send({ type: "relay", input: { text: "go" }, startAfter })
  ).body;
const post = async (id: string, what: string) => (await request(galley.url).post(`/v1/jobs/${id}/${what}`)).body;

test("a job for next month that is cancelled and resumed keeps its time", async () => {
  const { id } = await submit(nextMonth);
  expect(await post(id, "cancel")).toMatchObject({ status: "cancelled", nextAttemptAt: null });
  expect(await post(id, "resume")).toMatchObject({ status: "pending", nextAttemptAt: nextMonth });
  const { rows } = await galley.test.query(
    "select start_after from galley_queue.job where data->>'jobId' = $1 and state < 'active'",
    [id],
  );
  expect(rows.map(({ start_after }) => start_after.toISOString())).toEqual([nextMonth]);
});

test("a job that is resumed after its time runs at once", async () => {
  const { id } = await submit(new Date(Date.now() + 1_500).toISOString());
  await post(id, "cancel");
  await galley.test.query(
    "update generation_jobs set next_attempt_at = now() - interval '1 minute' where id = $1",
    [id],
  );
  await post(id, "resume");
  expect(await whenFinished(galley, id)).toMatchObject({ status: "completed" });
});

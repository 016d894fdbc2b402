import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { eventually, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [relay()] });
});
afterAll(() => galley.close());

const queueJobsOf = async (id: string): Promise<number> => {
  const { rows } = await galley.test.query(
    "select count(*)::integer as count from galley_queue.job where data->>'jobId' = $1",
    [id],
  );
  return rows[0].count;
};

const submit = async (more: object = {}): Promise<string> =>
  (await galley.service.submit("local", { type: "relay", input: { text: "go" }, ...more })).job.id;

/** As if so much time had gone by, and pg-boss looked after its tables now. */
async function letPass(id: string, time: string): Promise<void> {
  await galley.test.query(
    `update galley_queue.job set created_on = created_on - $2::interval, start_after = start_after - $2::interval,
       keep_until = keep_until - $2::interval, completed_on = completed_on - $2::interval
     where data->>'jobId' = $1`,
    [id, time],
  );
  await galley.test.query("update galley_queue.queue set maintain_on = null");
  await galley.queue.supervise();
}

test("what has ended leaves the queue after ten minutes", async () => {
  const id = await submit();
  await whenFinished(galley, id);
  await letPass(id, "9 minutes");
  expect(await queueJobsOf(id)).toBeGreaterThan(0);
  await letPass(id, "2 minutes");
  await eventually(
    () => queueJobsOf(id),
    (count) => count === 0,
  );
  expect(await galley.service.find("local", id)).toMatchObject({ status: "completed" });
});

test("what waits stays in the queue for years", async () => {
  const id = await submit({ startAfter: new Date(Date.now() + 365 * 24 * 3_600_000) });
  await letPass(id, "300 days");
  expect(await queueJobsOf(id)).toBe(1);
});

import { afterEach, expect, test } from "@jest/globals";
import { startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
afterEach(() => galley.close());

test("a job goes through its phases, each transition with its event", async () => {
  galley = await startTestGalley({ jobTypes: [relay()] });
  const { job } = await galley.service.submit("local", { type: "relay", input: { text: "go" } });
  const done = await whenFinished(galley, job.id);

  expect(done).toMatchObject({
    status: "completed",
    phase: "completed",
    percentage: 100,
    resultData: { text: "go first second" },
    attempts: 1,
    cost: "0.000000000000",
    queueJobId: null,
    errorCode: null,
  });
  const events = await galley.service.readEvents(done, 0);
  expect(events.map(({ id, type }) => `${id} ${type}`)).toEqual([
    "1 submitted",
    "2 phase_started",
    "3 phase_completed",
    "4 phase_started",
    "5 phase_completed",
    "6 completed",
  ]);
  const queueJobs = await galley.test.query(
    "select name, state from galley_queue.job where data->>'jobId' = $1 order by name",
    [job.id],
  );
  expect(queueJobs.rows).toEqual([
    { name: "relay.first", state: "completed" },
    { name: "relay.second", state: "completed" },
  ]);
});

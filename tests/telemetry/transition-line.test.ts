import { expect, jest, test } from "@jest/globals";
import { createLog } from "../../src/log/log.ts";
import { startGalley } from "../../src/process/start.ts";
import { createTestDatabase } from "../support/database.ts";
import { eventually, testConfig, whenFinished } from "../support/galley.ts";
import { relay } from "../support/types.ts";

test("the log has one line for each transition, in order, with how long it took and why", async () => {
  const database = await createTestDatabase();
  const log = createLog("silent");
  const info = jest.spyOn(log, "info");
  let fails = true;
  const type = relay({
    async first({ input }) {
      if (fails) throw new Error("The secret of the prompt.");
      return input;
    },
  });
  const galley = await startGalley(testConfig(database), { jobTypes: [type], log });
  const lines = () =>
    info.mock.calls.map(([line]) => line as Record<string, unknown>).filter((line) => "job" in line);
  const { job } = await galley.service.submit("local", { type: "relay", input: { text: "go" } });
  await eventually(lines, (seen) => seen.some(({ event }) => event === "retry"));
  fails = false;
  expect((await whenFinished(galley, job.id)).status).toBe("completed");
  await galley.close();
  await database.drop();
  const about = { job: job.id, type: "relay", tenant: "local" };
  const number = expect.any(Number);
  expect(lines()).toEqual([
    { event: "submit", ...about, phase: "queued", attempt: 0 },
    { event: "start", ...about, phase: "first", attempt: 1, waitedMilliseconds: number },
    {
      event: "retry",
      ...about,
      phase: "first",
      attempt: 1,
      milliseconds: number,
      code: "internal",
      at: expect.any(Date),
    },
    { event: "start", ...about, phase: "first", attempt: 2, waitedMilliseconds: number },
    { event: "advance", ...about, phase: "first", attempt: 2, milliseconds: number },
    { event: "start", ...about, phase: "second", attempt: 1, waitedMilliseconds: number },
    { event: "complete", ...about, phase: "second", attempt: 1, milliseconds: number, cost: "0.000000000000" },
  ]);
});

import { expect, test } from "@jest/globals";
import { findBreaches, runJob } from "galley/testing";
import { jobTypes } from "../../jobs/index.ts";

const types = jobTypes.map((type) => [type.type, type] as const);

test.each(types)(
  "%s keeps the rules of a job type",
  async (_, type) => {
    expect(await findBreaches(type)).toEqual([]);
  },
  300_000,
);

test.each(types)("%s runs from its first phase to its last on a database", async (_, type) => {
  const { job, events, progress } = await runJob(type, type.example);
  expect(job).toMatchObject({ status: "completed", percentage: 100 });
  const percentages = progress.map(({ percentage }) => percentage);
  expect(percentages).toEqual(percentages.toSorted((one, other) => one - other));
  expect(events.filter((event) => event.type === "attempt_failed")).toEqual([]);
});

import { expect, test } from "@jest/globals";
import { run } from "../support/process.ts";

test("the benchmark measures what it is asked for, and checks that all of it was done", async () => {
  const bench = run(
    "scripts/trials/bench.ts",
    ["--only", "pipelines,processes", "--jobs", "10", "--rounds", "1", "--json"],
    {},
  );
  expect({ code: await bench.exit, stderr: bench.stderr() }).toEqual({ code: 0, stderr: "" });
  const { pipelines, processes, ...more } = JSON.parse(bench.stdout());
  expect(more).toEqual({});
  expect(Object.keys(processes)).toEqual([1, 2, 4].map((n) => expect.stringContaining(`${n} worker`)));
  for (const slots of [50, 250, 1_000]) expect(pipelines[`galley, ${slots} slots`]).toBeGreaterThan(0);
}, 180_000);

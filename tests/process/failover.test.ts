import { expect, test } from "@jest/globals";
import { run } from "../support/process.ts";

test("with a primary killed under load and its synchronous standby promoted, each job completes once", async () => {
  const failover = run("scripts/trials/failover.ts", ["--jobs", "12", "--workers", "1", "--slots", "4"], {});
  expect([await failover.exit, failover.stderr()]).toEqual([0, ""]);
  const figures = Object.fromEntries(
    failover
      .stdout()
      .trim()
      .split("\n")
      .map((line) => [line.slice(0, 48).trim(), Number(line.slice(48))]),
  );
  expect(figures).toMatchObject({
    jobs: 12,
    completed: 12,
    "synchronous standbys": 1,
    "steps that were paid for twice": 0,
    violations: 0,
    drift: 0,
  });
  expect(figures["under way when the primary was killed"]).toBeGreaterThan(0);
}, 200_000);

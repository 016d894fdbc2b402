import { expect, test } from "@jest/globals";
import { startOwnPostgres } from "../../scripts/trials/own-postgres.ts";
import { reachServer } from "../../src/db/connect.ts";
import { run } from "../support/process.ts";

test("with workers and PostgreSQL killed at random and a model that fails, no job is lost, doubled or stuck", async () => {
  const chaos = run(
    "scripts/trials/chaos.ts",
    ["--jobs", "20", "--minutes", "0.2", "--workers", "2", "--seed", "11"],
    {},
  );
  expect(await chaos.exit).toBe(0);
  const figures = Object.fromEntries(
    chaos
      .stdout()
      .trim()
      .split("\n")
      .map((line) => [line.slice(0, 36).trim(), line.slice(36)]),
  );
  expect(figures).toMatchObject({
    seed: "11",
    "failed otherwise": "0",
    lost: "0",
    stuck: "0",
    violations: "0",
    drift: "0",
    "attempts that failed with internal": "0",
  });
  expect(Number(figures.completed) + Number(figures["failed by the model's fault"])).toBe(20);
  for (const deed of ["kills", "terms", "restarts", "model faults"])
    expect(Number(figures[deed])).toBeGreaterThan(0);
}, 300_000);

test("the chaos' own PostgreSQL is gone when it is stopped, also after restarts", async () => {
  const postgres = await startOwnPostgres();
  for (let restarts = 0; restarts < 3; restarts++) await postgres.restart();
  await reachServer(postgres.url);
  await postgres.stop();
  await expect(reachServer(postgres.url)).rejects.toThrow("ECONNREFUSED");
});

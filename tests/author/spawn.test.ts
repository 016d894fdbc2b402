import { expect, test } from "@jest/globals";
import { crashEverywhere, createBench, runJob } from "galley/testing";
import { books, type WriteChapter } from "../support/books.ts";

const prompt = { system: "You write.", maxOutputTokens: 50 };
const pay: WriteChapter = async ({ input, step, model }) => ({
  text: await step("text", input, () => model.text({ ...prompt, user: input.title })),
});
const { book, chapter } = books(pay);

test("the cost of what was spawned counts into the job, live, and not twice into the statistics", async () => {
  const { job } = await runJob(book, { titles: ["One", "Two"] }, { spawns: [chapter] });
  expect(Number(job.childrenCost)).toBeGreaterThan(0);
  expect(job.cost).toBe("0.000000000000");
});

test("what is spawned keeps within the budget of the job above it", async () => {
  const free = await runJob(book, { titles: ["One", "Two", "Three"] }, { spawns: [chapter] });
  const each = Number(free.job.childrenCost) / 3;
  const { job } = await runJob(
    book,
    { titles: ["One", "Two", "Three"] },
    { spawns: [chapter], maxCostUsd: (each * 1.5).toFixed(12) },
  );
  expect([job.status, job.errorMessage]).toEqual(["failed", expect.stringMatching(/failed/)]);
  expect(Number(job.childrenCost)).toBeLessThanOrEqual(each * 1.5);
});

test("a worker that dies at any statement spawns each job once, and pays for each once", async () => {
  const { points, problems } = await crashEverywhere(
    book,
    { titles: ["One", "Two"] },
    { spawns: [chapter], every: 4 },
  );
  expect(problems).toEqual([]);
  expect(points).toBeGreaterThan(15);
}, 240_000);

test("in a bench, what is spawned runs as plain functions", async () => {
  const bench = createBench();
  const { text } = (await bench.run(book, { titles: ["One", "Two"] })) as { text: string };
  expect(text).not.toContain("failed");
  const children = ["One", "Two"].map((title) => ({ type: "chapter", input: { title } }));
  expect(bench.spawned).toEqual([{ phase: "gathering", name: "chapters", children }]);
  expect(bench.outputs.map(({ phase }) => phase)).toEqual(["planning", "gathering"]);
  expect(bench.calls).toHaveLength(2);
});

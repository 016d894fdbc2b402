import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { planType } from "../../src/author/scaffold/plan.ts";
import { writeType } from "../../src/author/scaffold/write.ts";

const list = `import { article } from "./article/index.ts";

export const jobTypes = [article] as const;
`;
let jobs: string;
beforeEach(async () => {
  jobs = await mkdtemp(join(tmpdir(), "galley-new-"));
  await mkdir(join(jobs, "article"));
  await writeFile(join(jobs, "index.ts"), list);
});
afterEach(() => rm(jobs, { recursive: true }));

async function expectRefused(words: string[], message: string): Promise<void> {
  await expect((async () => writeType(jobs, planType(words)))()).rejects.toThrow(message);
  expect((await readdir(jobs, { recursive: true })).toSorted()).toEqual(["article", "index.ts"]);
  expect(await readFile(join(jobs, "index.ts"), "utf8")).toBe(list);
}

test.each<[string[], string]>([
  [[], "takes a type and its phases: npm run new -- recipe planning cooking"],
  [["recipe"], "takes a type and its phases"],
  [["Recipe", "planning"], '"Recipe" is no name: use a-z, 0-9 and _, a letter first, at most 40.'],
  [["../recipe", "planning"], '"../recipe" is no name'],
  [["recipe", "plan-it"], '"plan-it" is no name'],
  [["r".repeat(41), "planning"], "is no name"],
  [["recipe", "planning", "queued"], 'A phase cannot be named "queued".'],
  [["recipe", "index"], 'A phase cannot be named "index".'],
  [["class", "planning"], '"class" cannot be a name: class is a word of the code.'],
  [["recipe", "define_phase"], '"define_phase" cannot be a name: definePhase is a word of the code.'],
  [["recipe", "planning", "planning"], 'two of them are "planning"'],
  [["recipe", "plan_it", "plan__it"], 'two of them are "planIt"'],
  [["recipe", "recipe"], 'two of them are "recipe"'],
  [["article", "planning"], 'jobs/index.ts knows a "article" already: choose another name.'],
])("%j is refused before anything is written", expectRefused);

test("a folder that is there is left as it is", async () => {
  await mkdir(join(jobs, "recipe"));
  await expect(writeType(jobs, planType(["recipe", "planning"]))).rejects.toThrow("is there already");
  expect(await readdir(join(jobs, "recipe"))).toEqual([]);
  expect(await readFile(join(jobs, "index.ts"), "utf8")).toBe(list);
});

test("an index without its list is left as it is", async () => {
  await writeFile(join(jobs, "index.ts"), "export const types = [];\n");
  await expect(writeType(jobs, planType(["recipe", "planning"]))).rejects.toThrow("has no list jobTypes");
  expect(await readdir(jobs)).toEqual(["article", "index.ts"]);
});

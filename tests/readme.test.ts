import { readFile } from "node:fs/promises";
import { expect, test } from "@jest/globals";
import { z } from "zod";
import { type JobErrorKind, jobErrors, requestErrors } from "../src/errors.ts";
import { type Transition, transitions } from "../src/generation/job/transitions.ts";
import { checkPrices } from "../src/money/price-file.ts";
import { environment } from "../src/settings/environment.ts";

const read = (file: string) => readFile(new URL(`../${file}`, import.meta.url), "utf8");

/** The rows of a page's table with these column names, without the code marks. */
async function table(file: string, ...columns: string[]): Promise<string[][]> {
  const [, rest = ""] = (await read(file)).split(`| ${columns.join(" | ")} |\n`);
  const rows = rest.split("\n").slice(1);
  return rows.slice(0, rows.indexOf("")).map((row) =>
    row
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
}

test("the front page is short", async () => {
  expect((await read("README.md")).split("\n").length).toBeLessThanOrEqual(120);
});

test("the table of transitions is the one that is applied", async () => {
  const rows = Object.entries<Transition>(transitions).map(([name, { from, to, toIfNeverStarted, guard }]) => [
    name,
    from.join(", "),
    toIfNeverStarted ? `${to}, or ${toIfNeverStarted} if it never started` : to,
    guard,
  ]);
  expect(await table("src/generation/README.md", "transition", "from", "to", "guard")).toEqual(rows);
});

test("the tables of errors are the catalogue", async () => {
  const ofJobs = Object.entries<JobErrorKind>(jobErrors).map(([code, { retryable, closes, message }]) => [
    code,
    closes?.what === "model" ? "later, no attempt used" : retryable ? "yes" : "no",
    message,
  ]);
  expect(await table("src/generation/README.md", "code", "tried again", "meaning")).toEqual(ofJobs);
  const ofRequests = Object.entries(requestErrors).map(([code, { status, title }]) => [
    code,
    String(status),
    title,
  ]);
  expect(await table("src/http/README.md", "code", "status", "title")).toEqual(ofRequests);
});

test("the table of variables is the schema of the settings", async () => {
  const rows = Object.entries<z.ZodType>(environment).map(([name, schema]) => {
    const value = schema.safeParse(undefined).data;
    return [name, value === undefined ? "" : String(value), schema.description];
  });
  expect(await table("src/README.md", "variable", "default", "meaning")).toEqual(rows);
});

test("the table of commands has every npm script, and no other", async () => {
  const { scripts } = z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(await read("package.json")));
  const named = (await table("scripts/README.md", "command", "does")).map(
    ([command = ""]) => /^npm (?:run )?([\w:-]+)/.exec(command)?.[1],
  );
  expect(named.toSorted()).toEqual(Object.keys(scripts).toSorted());
});

test("the example of a file of prices can be used", async () => {
  const [, example = ""] = /```json\n(.*?)```/s.exec(await read("src/README.md")) ?? [];
  expect(checkPrices("src/README.md", example).map(({ model }) => model)).toEqual(["qwen3", "gpt-7"]);
});

import { readFile } from "node:fs/promises";
import { beforeAll, expect, test } from "@jest/globals";
import { z } from "zod";
import { environment } from "../src/config.ts";
import { type JobErrorKind, jobErrors, requestErrors } from "../src/errors.ts";
import { type Transition, transitions } from "../src/generation/job/transitions.ts";
import { checkPrices } from "../src/money/price-file.ts";

let readme: string;
beforeAll(async () => {
  readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
});

/** The rows of the table with these column names, without the code marks. */
function table(...columns: string[]): string[][] {
  const head = `| ${columns.join(" | ")} |\n`;
  const [, rest = ""] = readme.split(head);
  const rows = rest.split("\n").slice(1);
  return rows.slice(0, rows.indexOf("")).map((row) =>
    row
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
}

test("the table of transitions is the one that is applied", () => {
  const rows = Object.entries<Transition>(transitions).map(([name, { from, to, toIfNeverStarted, guard }]) => [
    name,
    from.join(", "),
    toIfNeverStarted ? `${to}, or ${toIfNeverStarted} if it never started` : to,
    guard,
  ]);
  expect(table("transition", "from", "to", "guard")).toEqual(rows);
});

test("the tables of errors are the catalogue", () => {
  const ofJobs = Object.entries<JobErrorKind>(jobErrors).map(([code, { retryable, closes, message }]) => [
    code,
    closes?.what === "model" ? "later, no attempt used" : retryable ? "yes" : "no",
    message,
  ]);
  expect(table("code", "tried again", "meaning")).toEqual(ofJobs);
  const ofRequests = Object.entries(requestErrors).map(([code, { status, title }]) => [
    code,
    String(status),
    title,
  ]);
  expect(table("code", "status", "title")).toEqual(ofRequests);
});

test("the table of variables is the schema of the settings", () => {
  const rows = Object.entries<z.ZodType>(environment).map(([name, schema]) => {
    const value = schema.safeParse(undefined).data;
    return [name, value === undefined ? "" : String(value), schema.description];
  });
  expect(table("variable", "default", "meaning")).toEqual(rows);
});

test("the table of commands has every npm script, and no other", async () => {
  const { scripts } = z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8")));
  const named = table("command", "does").map(([command = ""]) => /^npm (?:run )?([\w:-]+)/.exec(command)?.[1]);
  expect(named.toSorted()).toEqual(Object.keys(scripts).toSorted());
});

test("the example of a file of prices can be used", () => {
  const [, example = ""] = /```json\n(.*?)```/s.exec(readme) ?? [];
  expect(checkPrices("README.md", example).map(({ model }) => model)).toEqual(["qwen3", "gpt-7"]);
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { startDemoModel } from "../../src/demo/server.ts";
import { StartError } from "../../src/errors.ts";
import { readPriceFile } from "../../src/money/price-file.ts";
import { startTestGalley, whenFinished } from "../support/galley.ts";
import { run } from "../support/process.ts";
import { note } from "../support/story.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "galley-prices-"));
  path = join(folder, "prices.json");
});
afterEach(() => rm(folder, { recursive: true }));

const write = (content: unknown) =>
  writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
const row = {
  provider: "llm.example.com",
  model: "qwen3",
  from: "2026-11-01",
  input: "0.25",
  cachedInput: "0.25",
  cacheWrite: null,
  output: "1",
};

test("without a file there are no prices of one's own", async () => {
  expect(await readPriceFile(undefined)).toEqual([]);
});

test("rows are read as they are, a host's name in small letters", async () => {
  await write([
    { ...row, provider: "LLM.example.com" },
    { ...row, model: "big", longAbove: 200_000, source: "our contract" },
  ]);
  expect(await readPriceFile(path)).toEqual([
    { ...row, source: "PRICES_FILE" },
    { ...row, model: "big", longAbove: 200_000, source: "our contract" },
  ]);
});

test.each<[string, unknown, string[]]>([
  ["no array", { prices: [row] }, ["expected an array of prices"]],
  [
    "no JSON",
    "[{ provider: 1 }]",
    ["not JSON: Expected property name or '}' in JSON at position 3 (line 1 column 4)"],
  ],
  [
    "wrong numbers",
    [row, { ...row, input: 0.25, cachedInput: "-1", output: "0.1234567" }],
    [
      '1.input: expected a decimal number of dollars in quotes, like "0.25"',
      "1.cachedInput: expected a decimal number of dollars, like 0.25, of at most 6 decimals",
      "1.output: expected a decimal number of dollars, like 0.25, of at most 6 decimals",
    ],
  ],
  [
    "an unknown field",
    [{ ...row, inptu: "1", currency: "EUR" }],
    ["0.inptu: unknown field", "0.currency: unknown field"],
  ],
  ["a wrong day", [{ ...row, from: "2026-02-30" }], ["0.from: expected a day, like 2026-11-01"]],
  [
    "no model, and a limit of nothing",
    [{ ...row, model: undefined, longAbove: 0 }],
    [
      "0.model: Invalid input: expected string, received undefined",
      "0.longAbove: Too small: expected number to be >0",
    ],
  ],
  ["two rows for one day", [row, { ...row, model: "other" }, row], ["2: the same provider, model and day as 0"]],
])("%s is refused, each problem at its place", async (_name, content, problems) => {
  await write(content);
  const lines = problems.map((problem) => `  ${path}: ${problem}`);
  await expect(readPriceFile(path)).rejects.toEqual(
    new StartError(`These prices cannot be used:\n${lines.join("\n")}`),
  );
});

test("a service does not start on a file that is not there, and says so in a line", async () => {
  const service = run("src/main.ts", [], { PRICES_FILE: path, DATABASE_URL: "postgres://nobody@127.0.0.1:9/none" });
  expect(await service.exit).toBe(1);
  expect(service.stderr()).toBe(`PRICES_FILE cannot be read: ENOENT: no such file or directory, open '${path}'.\n`);
});

test("check-config shows the file and the price in force", async () => {
  await write([{ ...row, provider: "openai", model: "gpt-6-luna" }]);
  const check = run("scripts/check-config.ts", [], { PRICES_FILE: path, OPENAI_API_KEY: "sk-test" });
  expect(await check.exit).toBe(0);
  expect(check.stdout()).toContain(`PRICES_FILE=${path}\n`);
  expect(check.stdout()).toContain(
    "# gpt-6-luna of openai costs 0.25 USD per 1M input tokens, 0.25 cached, ? written, 1 output (PRICES_FILE)\n",
  );
});

test.each<[string, Partial<typeof row>, (tokens: number) => string | null]>([
  ["its own price", { input: "1000000", output: "0" }, (tokens) => `${tokens}.000000000000`],
  ["the price zero", { input: "0", output: "0" }, () => "0.000000000000"],
  ["no price", { model: "another" }, () => null],
])("a job at a server with %s costs just that", async (_name, price, costOf) => {
  await write([{ ...row, provider: "127.0.0.1", model: "demo-1", cachedInput: "0", ...price }]);
  const demo = await startDemoModel();
  const env = { OPENAI_BASE_URL: demo.baseURL, OPENAI_MODEL: "demo-1", PRICES_FILE: path };
  const galley = await startTestGalley({ jobTypes: [note], env });
  try {
    const { job } = await galley.service.submit("local", {
      type: "note",
      input: { title: "Prices", chapters: 1 },
    });
    const { status, cost, inputTokens } = await whenFinished(galley, job.id);
    expect(inputTokens).toBeGreaterThan(0);
    expect({ status, cost }).toEqual({ status: "completed", cost: costOf(inputTokens) });
  } finally {
    await galley.close();
    await demo.close();
  }
});

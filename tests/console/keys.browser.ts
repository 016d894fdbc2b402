import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createKey } from "../../src/access/keys.ts";
import { usualScopes } from "../../src/access/scopes.ts";
import { expectAccessible, openTab } from "../support/browser.ts";
import { type Bench, startBench } from "../support/pages.ts";

let bench: Bench;
let key: string;
beforeAll(async () => {
  bench = await startBench();
  key = await createKey(bench.galley.database.db, "acme", usualScopes);
});
afterAll(() => bench?.close());

test("a key is asked for once, kept for its tab alone, and never in an address", async () => {
  const { page, problems } = await openTab(bench.browser, `${bench.galley.url}/?status=failed`);
  const prompt = page.getByRole("heading", { name: "A key is needed" });
  await prompt.waitFor();
  await expectAccessible(page);
  await page.getByLabel("Key").fill("glly_wrong_key");
  await page.keyboard.press("Enter");
  await page.getByText("The key is wrong, or was revoked.").waitFor();
  await page.getByLabel("Key").fill(key);
  await page.getByRole("button", { name: "Open" }).click();
  // What the address asked for is shown in its place.
  await page.getByRole("heading", { name: "No job fits" }).waitFor();
  expect(problems.every((problem) => problem.includes("401"))).toBe(true);
  problems.splice(0);

  await page.reload();
  await page.getByRole("heading", { name: "No job fits" }).waitFor();
  expect(page.url()).not.toContain("glly");
  expect(await page.evaluate("localStorage.length + document.cookie.length")).toBe(0);
  expect(problems).toEqual([]);

  const other = await page.context().newPage();
  await other.goto(bench.galley.url);
  await other.getByRole("heading", { name: "A key is needed" }).waitFor();

  await page.getByRole("button", { name: "Forget key" }).click();
  await prompt.waitFor();
  await page.context().close();
});

import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { createClient } from "galley/client";
import { expectAccessible, openTab, type Screen, type Tab } from "../support/browser.ts";
import { type Bench, startBench } from "../support/pages.ts";

let bench: Bench;
const tabs: Tab[] = [];
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.close());
afterEach(async () => {
  const open = tabs.splice(0);
  await Promise.all(open.map(({ page }) => page.context().close()));
  expect(open.flatMap(({ problems }) => problems)).toEqual([]);
});

async function open(path: string, screen?: Screen) {
  const tab = await openTab(bench.browser, `${bench.galley.url}${path}`, screen);
  tabs.push(tab);
  return { ...tab, client: createClient({ baseUrl: bench.galley.url }) };
}

test("an article is submitted from the form of its type, and watched until it can be read", async () => {
  const { page, client } = await open("/");
  await page.getByRole("link", { name: "Submit the first one" }).click();
  await page.getByLabel("Title").fill("How to bake rye bread");
  await page.getByLabel("Keywords").fill("rye bread\nbaking");
  await page.getByLabel("Length").selectOption("Short");
  await page.getByText("Tags, budget, priority, start").click();
  await page.getByLabel("Tags").fill("bread, winter");
  await page.getByRole("button", { name: "Submit job" }).click();
  await page.getByRole("heading", { name: "How to bake rye bread", level: 1 }).first().waitFor();
  await page.getByRole("status").getByText("Completed").waitFor();
  await page.getByRole("region", { name: "The article" }).getByRole("heading").nth(1).waitFor();
  const id = page.url().split("/").at(-1) ?? "";
  const { input, tags } = await client.get(id);
  expect(tags).toEqual(["bread", "winter"]);
  expect(input).toMatchObject({
    topic: { keywords: ["rye bread", "baking"], length: "short", tone: "professional" },
  });
});

test.each([1440, 390])("what is refused is said at its field, which gets the focus, at %i px", async (width) => {
  const { page, problems } = await open("/new", { width });
  await page.getByLabel("Title").fill("How to bake rye bread");
  await page.getByText("Internal links optional").click();
  await page.getByRole("button", { name: "Add to internal links" }).click();
  await page.getByRole("group", { name: "Internal links 1" }).getByLabel("Url").fill("http://somewhere");
  await page.getByRole("group", { name: "Internal links 1" }).getByLabel("Title").fill("Somewhere");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Submit job" }).click();
  await page.getByText("must be an https address", { exact: true }).waitFor();
  await page.locator('[id="/input/internalLinks/0/url"]:focus').waitFor();
  await expectAccessible(page);
  expect(problems.splice(0)).toEqual([expect.stringContaining("400")]);

  await page.getByRole("button", { name: "Remove Internal links 1" }).click();
  await page.getByRole("button", { name: "Submit job" }).click();
  await page.getByRole("heading", { name: "How to bake rye bread", level: 1 }).first().waitFor();
});

test("several jobs are submitted as a batch, which is watched, found and cancelled", async () => {
  const gate = Promise.withResolvers<void>();
  bench.holdAfterFirstChunk(gate.promise);
  const { page, client } = await open("/new?type=story");
  await page.getByLabel("Several jobs at once").check();
  await page.getByLabel("Title of each job").fill("Rye\n\nSpelt\nOat\n");
  await page.getByLabel("Chapters").fill("1");
  await page.getByText("Tags, budget, priority, start").click();
  await page.getByLabel("Tags").fill("cereals");
  await page.getByRole("button", { name: "Submit 3 jobs" }).click();
  await page.getByRole("heading", { name: "A batch of 3 jobs" }).waitFor();
  const rows = page.getByRole("region", { name: "Jobs" }).getByRole("listitem");
  for (const title of ["Rye", "Spelt", "Oat"]) await rows.getByRole("link", { name: title }).waitFor();
  await page.getByText("3 running").waitFor();
  await expectAccessible(page);
  await rows.getByRole("link", { name: "Tag cereals" }).first().click();
  await page.getByRole("heading", { name: "Jobs", level: 1 }).waitFor();
  expect(new URL(page.url()).search).toBe("?tag=cereals");

  await page.getByRole("link", { name: "Batches" }).click();
  const batches = page.getByRole("region", { name: "Batches" }).getByRole("listitem");
  await batches.getByText("3 running").waitFor();
  expect(await batches.getByText("A batch of 3 jobs").count()).toBe(1);
  await batches.getByRole("link", { name: "cereals" }).click();
  await page.getByRole("button", { name: "Cancel what is not finished" }).click();
  await page.getByText("3 cancelled").waitFor();
  gate.resolve();
  const batch = await client.batches.get(page.url().split("/").at(-1) ?? "");
  expect([batch.status, batch.counts.cancelled]).toEqual(["completed", 3]);
  await rows.getByRole("link", { name: "Oat" }).click();
  await page.getByRole("link", { name: "All of the batch" }).click();
  await page.getByRole("heading", { name: "A batch of 3 jobs" }).waitFor();
  await page.getByRole("main").getByRole("link", { name: "Batches" }).click();
  await batches.getByText("3 cancelled").waitFor();
});

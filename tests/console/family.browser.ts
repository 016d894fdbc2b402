import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createClient } from "galley/client";
import type { JobType } from "../../src/author/index.ts";
import { expectAccessible, openTab } from "../support/browser.ts";
import { type Bench, startBench } from "../support/pages.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.close());

test("one comes from a job to those that it has spawned, and back", async () => {
  const client = createClient<JobType[]>({ baseUrl: bench.galley.url });
  const { id } = await client.submit("book", { titles: ["Rye", "Spelt"] });
  await client.wait(id);
  const { page, problems } = await openTab(bench.browser, `${bench.galley.url}/jobs/${id}`);
  const children = page.getByRole("region", { name: "Jobs that it has spawned" });
  await children.getByRole("link", { name: "Rye" }).waitFor();
  await page.getByText("The jobs that it has spawned are under way").first().waitFor();
  await expectAccessible(page);
  await children.getByRole("link", { name: "Spelt" }).click();
  await page.getByText("About Spelt").waitFor();
  expect(await children.count()).toBe(0);
  await page.getByRole("link", { name: "Jobs", exact: true }).first().click();
  const row = page.getByRole("listitem").filter({ hasText: "Spelt" });
  await row.getByRole("link", { name: "spawned" }).click();
  await children.getByRole("link", { name: "Spelt" }).waitFor();
  expect(await children.getByRole("link", { name: "spawned" }).count()).toBe(0);
  await children.getByRole("link", { name: "Spelt" }).click();
  await page.getByRole("link", { name: "spawned by another job" }).click();
  const result = page.getByRole("region", { name: "The result" });
  await result.getByText("About Rye About Spelt").waitFor();
  await result.getByText("As JSON").click();
  await result.getByText('"text": "About Rye About Spelt"').waitFor();
  await expectAccessible(page);
  expect(problems).toEqual([]);
  await page.context().close();
});

test("with many jobs spawned the phases of the job itself stay on the screen", async () => {
  const client = createClient<JobType[]>({ baseUrl: bench.galley.url });
  const { id } = await client.submit("book", {
    titles: Array.from({ length: 20 }, (_, index) => `Bread ${index}`),
  });
  await client.wait(id);
  const { page, problems } = await openTab(bench.browser, `${bench.galley.url}/jobs/${id}`);
  const children = page.getByRole("region", { name: "Jobs that it has spawned" });
  await children.getByRole("listitem").nth(19).waitFor();
  const phases = await page.getByRole("region", { name: "Phases" }).boundingBox();
  expect(phases?.y).toBeLessThan(900);
  await children.getByRole("link", { name: "Bread 0", exact: true }).scrollIntoViewIfNeeded();
  await expectAccessible(page);
  expect(problems).toEqual([]);
  await page.context().close();
});

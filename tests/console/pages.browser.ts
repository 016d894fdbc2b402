import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Client, createClient } from "galley/client";
import type { Page } from "playwright-core";
import { expectAccessible, openTab } from "../support/browser.ts";
import { eventually } from "../support/galley.ts";
import { type Bench, startBench } from "../support/pages.ts";
import { hopeless, type note, type story } from "../support/story.ts";

let bench: Bench;
let client: Client<[typeof story, typeof note]>;
const ids: Record<string, string> = {};
const gate = Promise.withResolvers<void>();
beforeAll(async () => {
  bench = await startBench();
  client = createClient<[typeof story, typeof note]>({ baseUrl: bench.galley.url });
  const tags = ["spring", "a tag that is rather long for a small screen"];
  ids.completed = (await client.submit("story", { title: "Rye bread", chapters: 2 }, { tags })).id;
  ids.failed = (await client.submit("note", { title: hopeless, chapters: 1 })).id;
  await Promise.all(Object.values(ids).map((id) => client.wait(id)));
  bench.holdAfterFirstChunk(gate.promise);
  const jobs = ["One", "Two"].map((title) => ({ type: "note" as const, input: { title, chapters: 1 } }));
  ids.batch = (await client.batches.submit({ jobs, tags })).id;
  const input = { title: "Rye", chapters: 1 };
  const { body: schedule } = await client.request("createSchedule", {
    body: { type: "note", input, cron: "*/5 * * * *", paused: true, tags },
  });
  ids.schedule = schedule.id;
  const long = "A title without an end ".repeat(5);
  ids.running = (await client.submit("story", { title: long, chapters: 2 })).id;
});
afterAll(async () => {
  gate.resolve();
  await bench?.close();
});

const screens = [
  { width: 1440, height: 900, colorScheme: "light" },
  { width: 1440, height: 900, colorScheme: "dark" },
  { width: 390, height: 844, colorScheme: "light" },
  { width: 390, height: 844, colorScheme: "dark" },
] as const;

/** Each page, and what stands on it once it is whole. */
const pages: [string, () => string, string | RegExp][] = [
  ["the list", () => "/", "Nobody can write this."],
  ["the list of nothing", () => "/?q=zzz", "No job fits"],
  ["the batches", () => "/batches", "A batch of 2 jobs"],
  ["a batch", () => `/batches/${ids.batch}`, "Cancel what is not finished"],
  ["the list of what was cancelled", () => "/?status=cancelled", "No job fits"],
  ["a job that runs", () => `/jobs/${ids.running}`, "Outlining, running"],
  ["a job that completed", () => `/jobs/${ids.completed}`, "Publishing, completed"],
  ["a job that failed", () => `/jobs/${ids.failed}`, "Noting, failed"],
  ["the form of an article", () => "/new", "Submit job"],
  ["the form of a note", () => "/new?type=note", "Chapters"],
  ["the schedules", () => "/schedules", "Every 5 minutes"],
  ["the form of a schedule", () => "/schedules/new?type=note", "At 06:00, only on Monday"],
  ["the form of one that is there", () => `/schedules/${ids.schedule}`, "Save"],
  ["the shops", () => "/shops", "No shop can be connected"],
  ["the statistics", () => "/statistics?window=1h", "Resume all"],
  ["the health", () => "/health", "never used"],
  ["the access", () => "/access", "There is no key yet"],
  ["an address of no page", () => "/jobs/a.b", "No page has this address"],
];

test.each(screens)("every page is whole and accessible: %j", async (screen) => {
  for (const [name, path, sign] of pages) {
    const { page, problems } = await openTab(bench.browser, `${bench.galley.url}${path()}`, screen);
    await page.getByText(sign).first().waitFor({ state: "attached" });
    await expectCurrentInSight(page, screen.width);
    await expectAccessible(page);
    expect([name, problems]).toEqual([name, []]);
    await page.context().close();
  }
});

/** Links that have no room scroll sideways: the one of the page that is shown is in sight all the same. */
async function expectCurrentInSight(page: Page, width: number): Promise<void> {
  for (const link of await page.locator("nav [aria-current]").all()) {
    await eventually(
      () => link.boundingBox(),
      (box) => box !== null && box.x >= 0 && box.x + box.width <= width,
    );
  }
}

test("with the keyboard alone one comes from the list to a job, and cancels it", async () => {
  const { page, problems } = await openTab(bench.browser, `${bench.galley.url}/`);
  const press = async (key: string, name: string) => {
    for (let presses = 0; presses < 60; presses++) {
      const focused = await page.evaluate("document.activeElement?.textContent?.trim() ?? ''");
      if (String(focused).startsWith(name)) return await page.keyboard.press("Enter");
      await page.keyboard.press(key);
    }
    throw new Error(`The focus never came to ${name}.`);
  };
  await page.getByText("A title without an end").first().waitFor();
  await page.keyboard.press("Tab");
  await press("Tab", "Skip to the content");
  await press("Tab", "Running");
  await page.getByRole("link", { name: "Running", exact: true, includeHidden: false }).waitFor();
  await page.getByText("Nobody can write this.").waitFor({ state: "detached" });
  await press("Tab", "A title without an end");
  await page.getByText("Outlining, running").waitFor({ state: "attached" });
  // A page begins at its heading.
  await page.locator("h1:focus").waitFor();
  await press("Tab", "Cancel job");
  await page.getByRole("status").getByText("Cancelled").waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});

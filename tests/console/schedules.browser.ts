import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Client, createClient } from "galley/client";
import { expectAccessible, openTab } from "../support/browser.ts";
import { type Bench, startBench } from "../support/pages.ts";

let bench: Bench;
let client: Client;
beforeAll(async () => {
  bench = await startBench();
  client = createClient({ baseUrl: bench.galley.url });
});
afterAll(() => bench?.close());

const list = async () => (await client.request("listSchedules", {})).body.data;

test.each([
  { width: 1440, colorScheme: "light" },
  { width: 390, colorScheme: "dark" },
] as const)("a schedule is made, looked ahead, paused, resumed and removed: %j", async (screen) => {
  const { page, problems } = await openTab(bench.browser, `${bench.galley.url}/schedules`, screen);
  await page.getByRole("heading", { name: "No schedules yet" }).waitFor();
  await page.getByRole("link", { name: "New schedule" }).click();
  await page.getByLabel("Type", { exact: true }).selectOption("note");
  await page.getByLabel("Cron").fill("61 6 * * *");
  await page.getByLabel("Time zone").fill("Europe/Berlin");
  await page.getByLabel("Title").fill("What is in season");
  await page.getByLabel("Chapters").fill("1");
  await page.getByRole("button", { name: "Make schedule" }).click();
  await page.locator('[id="/cron"]:focus').waitFor();
  await expectAccessible(page);
  expect(problems.splice(0)).toEqual([expect.stringContaining("400")]);
  await page.getByLabel("Cron").fill("30 6 * * FRI#2");
  await page.getByText("Tags, budget, priority").click();
  await page.getByLabel("Tags").fill("newsletter");
  await page.keyboard.press("Enter");

  const row = page.getByRole("list", { name: "Schedules" }).getByRole("listitem");
  await row.getByText("At 06:30, on the second Friday of the month").first().waitFor();
  await row
    .getByText("Next in ")
    .or(row.getByText(/^Next \w{3} \d/))
    .first()
    .waitFor();
  await expectAccessible(page);
  const [made] = await list();
  expect(made).toMatchObject({
    type: "note",
    cron: "30 6 * * FRI#2",
    timeZone: "Europe/Berlin",
    missed: "once",
    tags: ["newsletter"],
  });

  await row.getByRole("button", { name: "Preview" }).click();
  const times = page.getByRole("list", { name: "Its next times" }).getByRole("listitem");
  await times.nth(7).waitFor();
  expect(await times.allTextContents()).toEqual(Array(8).fill(expect.stringMatching(/^\d{4}-\d\d-\d\d 06:30/)));
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await row.getByRole("button", { name: "Pause" }).click();
  await row.getByText("Paused").waitFor();
  expect((await list())[0]?.paused).toBe(true);
  await row.getByRole("button", { name: "Resume" }).click();
  await row.getByText("Paused").waitFor({ state: "detached" });
  await row.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.getByRole("heading", { name: "No schedules yet" }).waitFor();
  expect(await list()).toEqual([]);
  expect(problems).toEqual([]);
  await page.context().close();
});

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Client, createClient } from "galley/client";
import { createKey } from "../../src/access/keys.ts";
import { expectAccessible, openTab } from "../support/browser.ts";
import { eventually } from "../support/galley.ts";
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

test.each([
  { width: 1440, colorScheme: "dark" },
  { width: 390, colorScheme: "light" },
] as const)("a schedule is changed by a form that is filled with what it has: %j", async (screen) => {
  const input = { title: "What is in season", chapters: 1 };
  const options = { priority: 5, maxCostUsd: "0.5", missed: "skip" as const, timeZone: "Europe/Berlin" };
  const { body } = await client.request("createSchedule", {
    body: { type: "note", input, cron: "30 6 * * MON", ...options },
  });
  const { page, problems } = await openTab(bench.browser, `${bench.galley.url}/schedules`, screen);
  await page.getByRole("link", { name: "Change" }).click();
  await page.getByRole("heading", { name: "Change schedule" }).waitFor();
  expect(await page.getByLabel("Cron").inputValue()).toBe("30 6 * * MON");
  expect(await page.getByLabel("Time zone").inputValue()).toBe("Europe/Berlin");
  expect(await page.getByLabel("If no worker was there in time").inputValue()).toBe("skip");
  expect(await page.getByLabel("Title").inputValue()).toBe("What is in season");
  // Folded up where there is nothing in it.
  expect(await page.getByRole("textbox", { name: "Budget in USD" }).inputValue()).toBe("0.5");
  await expectAccessible(page);
  // What is changed elsewhere meanwhile stays, since only what was changed here is sent.
  const params = { id: body.id };
  await client.request("changeSchedule", { params, body: { paused: true, tags: ["spring"], priority: 7 } });

  await page.getByLabel("Cron").fill("30 25 * * *");
  await page.getByLabel("Title").fill("What is ripe");
  await page.getByLabel("Budget in USD").fill("");
  await page.getByRole("button", { name: "Save" }).click();
  await page.locator('[id="/cron"]:focus').waitFor();
  await page.getByText("hour: expected").waitFor();
  await expectAccessible(page);
  expect(problems.splice(0)).toEqual([expect.stringContaining("400")]);
  await page.getByLabel("Cron").fill("0 7 * * *");
  await page.keyboard.press("Enter");
  await page.getByRole("list", { name: "Schedules" }).getByText("At 07:00").first().waitFor();
  expect((await client.request("getSchedule", { params })).body).toMatchObject({
    cron: "0 7 * * *",
    input: { ...input, title: "What is ripe" },
    ...options,
    maxCostUsd: null,
    priority: 7,
    tags: ["spring"],
    paused: true,
  });
  await client.request("deleteSchedule", { params });
  expect(problems).toEqual([]);
  await page.context().close();
});

test("what may be left out is unfolded in the form where something was given", async () => {
  const input = { topic: { title: "What is in season" }, brand: { name: "The Mill" } };
  const { body } = await client.request("createSchedule", { body: { type: "article", input, cron: "0 7 * * *" } });
  const { page } = await openTab(bench.browser, `${bench.galley.url}/schedules/${body.id}`);
  await page.getByRole("button", { name: "Save" }).waitFor();
  const isOpen = async (name: string) =>
    await page.getByRole("group").filter({ hasText: name }).last().getAttribute("open");
  expect(await isOpen("Brand")).toBe("");
  expect(await isOpen("Products")).toBeNull();
  expect(await page.getByRole("textbox", { name: "Name" }).inputValue()).toBe("The Mill");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("At 07:00").first().waitFor();
  // Nothing was changed: what was not given is not written into it either.
  expect((await client.request("getSchedule", { params: { id: body.id } })).body.input).toEqual(input);
  await client.request("deleteSchedule", { params: { id: body.id } });
  await page.context().close();
});

test("of a schedule that is not there the page says so", async () => {
  const { page } = await openTab(bench.browser, `${bench.galley.url}/schedules/none`);
  await page.getByText("There is no such schedule.").waitFor();
  await expectAccessible(page);
  await page.context().close();
});

test("to a key that only reads schedules are shown and looked ahead, and nothing more is offered", async () => {
  const { body } = await client.request("createSchedule", {
    body: { type: "note", input: { title: "Rye", chapters: 1 }, cron: "0 * * * *" },
  });
  const { page, problems } = await openTab(bench.browser, `${bench.galley.url}/schedules/none`);
  const key = await createKey(bench.galley.database.db, "local", ["jobs:read"]);
  // The process knows a second later at most that there are keys.
  await eventually(
    () => fetch(`${bench.galley.url}/v1/schedules`),
    ({ status }) => status === 401,
    3,
  );
  await page.evaluate((one) => sessionStorage.setItem("galley.key", one), key);
  problems.splice(0);
  await page.goto(`${bench.galley.url}/schedules`);
  await page.getByText("Every hour").first().waitFor();
  await page.getByRole("button", { name: "Pause" }).waitFor({ state: "detached" });
  expect(await page.getByRole("main").getByRole("button").allTextContents()).toEqual(["Preview Every hour"]);
  expect(await page.getByRole("main").getByRole("link").count()).toBe(0);
  await page.getByRole("button", { name: "Preview" }).click();
  await page.getByRole("list", { name: "Its next times" }).waitFor();
  await expectAccessible(page);
  expect(problems).toEqual([]);
  await bench.galley.test.query("delete from schedules where id = $1", [body.id]);
  await page.context().close();
});

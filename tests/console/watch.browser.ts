import { readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { type Client, createClient } from "galley/client";
import { closeGate, forgetAccount } from "../../src/model/gates.ts";
import { ModelError } from "../../src/model/port/port.ts";
import { expectAccessible, openTab, type Screen, type Tab } from "../support/browser.ts";
import { eventually } from "../support/galley.ts";
import { type Bench, startBench } from "../support/pages.ts";
import { hopeless, type note, type story } from "../support/story.ts";

let bench: Bench;
let client: Client<[typeof story, typeof note]>;
const tabs: Tab[] = [];
beforeAll(async () => {
  bench = await startBench();
  client = createClient<[typeof story, typeof note]>({ baseUrl: bench.galley.url });
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
  return tab.page;
}

const submit = (title: string, tags: string[] = []) => client.submit("story", { title, chapters: 2 }, { tags });

async function submitHeld(title: string) {
  const gate = Promise.withResolvers<void>();
  bench.holdAfterFirstChunk(gate.promise);
  return { job: await submit(title), letGo: () => gate.resolve() };
}

test("a job is watched to its end: where it is, its text while it is written, its cost", async () => {
  const { job, letGo } = await submitHeld("Rye bread");
  const page = await open("/");
  await page.getByRole("link", { name: "Rye bread" }).click();
  await page.getByRole("heading", { name: "Rye bread", level: 1 }).waitFor();
  await page.getByRole("status").getByText("Running").waitFor();
  const text = page.getByRole("region", { name: "The text, as it is written" });
  await text.getByRole("heading", { name: "outline" }).waitFor();
  const begun = await text.getByRole("paragraph").first().innerText();
  expect(begun.split(" ").length).toBeLessThan(20);
  letGo();
  await page.getByRole("status").getByText("Completed").waitFor();
  const done = await client.get(job.id);
  const article = await client.articles.get(done.articleId ?? "");
  const [ending = ""] = article.markdown.split("\n").toReversed();
  await page.getByRole("region", { name: "The article" }).getByText(ending).waitFor();
  await page
    .getByRole("definition")
    .getByText(`$${Number(done.cost).toFixed(4)}`)
    .waitFor();
  for (const phase of ["Outlining", "Writing", "Publishing"]) await page.getByText(`${phase}, completed`).waitFor();
  await page.getByRole("list", { name: "Steps of writing" }).getByText("chapter:2").first().waitFor();
  await page.getByRole("list", { name: "Events" }).getByText("Completed", { exact: true }).waitFor();
});

test("on a phone the article stands before the phases that led to it, and fits the screen", async () => {
  const { id } = await submit("Rye rolls");
  await client.wait(id);
  const page = await open(`/jobs/${id}`, { width: 390, height: 844 });
  const article = await page.getByRole("region", { name: "The article" }).boundingBox();
  const phases = await page.getByRole("region", { name: "Phases" }).boundingBox();
  expect(article?.y).toBeLessThan(phases?.y ?? 0);
  expect(article?.height).toBeLessThan(844);
  expect(await page.getByText("not begun").count()).toBe(0);
});

test("the list says without a click where a job is, and why it failed", async () => {
  await client.wait((await client.submit("note", { title: hopeless, chapters: 1 })).id);
  const { job, letGo } = await submitHeld("Oat bread");
  const page = await open("/");
  const failed = page.getByRole("listitem").filter({ hasText: hopeless });
  await failed.getByText("Failed").waitFor();
  await failed.getByText("Nobody can write this.").waitFor();
  const running = page.getByRole("listitem").filter({ hasText: "Oat bread" });
  await running.getByText("Running").waitFor();
  await running.getByRole("progressbar", { name: "Progress of Oat bread" }).waitFor();
  letGo();
  await running.getByText("Completed").waitFor();
  await running.getByText(/^Cost \$0\.00\d\d$/).waitFor();
  expect((await client.get(job.id)).status).toBe("completed");
});

test("a job is cancelled, resumed and forked", async () => {
  const { job, letGo } = await submitHeld("Corn bread");
  const page = await open(`/jobs/${job.id}`);
  await page.getByText("Outlining, running").waitFor();
  await page.getByRole("button", { name: "Cancel job" }).click();
  await page.getByRole("status").getByText("Cancelled").waitFor();
  await page.getByText("not reached").first().waitFor();
  letGo();
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("status").getByText("Completed").waitFor();
  await page.getByRole("list", { name: "Events" }).getByText("Resumed").waitFor();

  await page.getByRole("button", { name: "Fork" }).click();
  const dialog = page.getByRole("dialog", { name: "Fork this job" });
  await dialog.getByLabel("Begin at").selectOption("Writing");
  await dialog.getByRole("button", { name: "Fork job" }).click();
  await page.getByRole("link", { name: "An earlier job" }).waitFor();
  await page.getByRole("status").getByText("Completed").waitFor();
  expect(page.url()).not.toContain(job.id);
});

test("a job that failed says why on its page, and what its reason is called", async () => {
  const { id } = await client.submit("note", { title: hopeless, chapters: 1 });
  const page = await open(`/jobs/${id}`);
  const why = page.getByRole("region", { name: "Why it failed" });
  await why.getByRole("heading", { name: "Nobody can write this." }).waitFor();
  await why.getByText(/Failed in Noting, attempt 1 of 20/).waitFor();
});

test("a list is filtered by status, type, tag and text, by links that can be shared", async () => {
  await client.wait((await submit("Wheat bread", ["autumn"])).id);
  await client.wait((await submit("Spelt bread", ["winter"])).id);
  const page = await open("/");
  const titles = page.getByRole("region", { name: "Jobs" }).getByRole("listitem");
  await page.getByLabel("Tag").fill("winter");
  await expectTitles(1);
  await titles.getByText("Spelt bread").waitFor();
  await page.getByRole("link", { name: "Failed" }).click();
  await page.getByRole("heading", { name: "No job fits" }).waitFor();
  await page.getByRole("link", { name: "Show all jobs" }).click();
  await page.getByLabel("Text or id").fill("heat bre");
  await expectTitles(1);
  await titles.getByText("Wheat bread").waitFor();
  await page.getByLabel("Type").selectOption("note");
  await page.getByRole("heading", { name: "No job fits" }).waitFor();

  const shared = await open("/?type=note&status=failed");
  await shared.getByText(hopeless).first().waitFor();
  expect(await shared.getByText("bread").count()).toBe(0);

  async function expectTitles(count: number) {
    await titles.nth(count).waitFor({ state: "detached" });
    await titles.nth(count - 1).waitFor();
  }
});

test("older jobs are loaded by and by, and new ones come by themselves", async () => {
  const { id } = await client.batches.submit({
    jobs: Array.from({ length: 30 }, (_, index) => ({
      type: "note",
      input: { title: `Note ${index}`, chapters: 1 },
    })),
    tags: ["thirty"],
  });
  const page = await open(`/?batchId=${id}`);
  const rows = page.getByRole("region", { name: "Jobs" }).getByRole("listitem");
  await rows.nth(24).waitFor();
  expect(await rows.count()).toBe(25);
  await page.getByRole("button", { name: "Load more" }).click();
  await rows.nth(29).waitFor();
  await page.getByRole("button", { name: "Load more" }).waitFor({ state: "detached" });

  const all = await open("/?tag=fresh");
  await all.getByRole("heading", { name: "No job fits" }).waitFor();
  await submit("Fresh bread", ["fresh"]);
  await all.getByRole("link", { name: "Fresh bread" }).waitFor();
});

test("what keeps all jobs from their work is said on every page", async () => {
  const { database, models } = bench.galley;
  const refused = new ModelError("invalid_api_key");
  await closeGate(database.db, models.usual[0], refused, { isTrial: false });
  const page = await open("/");
  await page.getByRole("alert").getByText("The model provider refused our key.").waitFor();
  await expectAccessible(page);
  await forgetAccount(database.db, models.usual[0].provider);
});

test("an id that no job has is said so, and leads back", async () => {
  const page = await open("/jobs/job_none");
  await page.getByRole("heading", { name: "No such job" }).waitFor();
  await page.getByRole("link", { name: "All jobs" }).click();
  await page.getByRole("heading", { name: "Jobs", level: 1 }).waitFor();
  // The request for it was answered 404, which the browser itself notes.
  tabs[0]?.problems.splice(0);
});

test("the phases say who had a job go on, and what calls cost that came to nothing", async () => {
  const { id } = await client.submit("note", { title: hopeless, chapters: 1 });
  await client.wait(id);
  await client.resume(id);
  await client.wait(id);
  const failed = await open(`/jobs/${id}`);
  await failed
    .getByRole("region", { name: "Phases" })
    .getByText(/Nobody can write this, resumed .* later\./)
    .waitFor();

  const { job, letGo } = await submitHeld("Rye buns");
  const page = await open(`/jobs/${job.id}`);
  const phases = page.getByRole("region", { name: "Phases" });
  await phases.getByText("Outlining, running").waitFor();
  await page.getByRole("region", { name: "The text, as it is written" }).getByRole("paragraph").first().waitFor();
  await client.cancel(job.id);
  letGo();
  // What the call came to is written down when its socket has closed.
  await eventually(
    () => client.get(job.id),
    ({ cost }) => Number(cost) > 0,
  );
  await phases.getByText(/^Calls without a result(< )?\$0\.00\d\d$/).waitFor();
});

test("of a batch one comes to those that failed, and the list says that it shows one batch", async () => {
  const titles = ["Rye crackers", hopeless];
  const jobs = titles.map((title) => ({ type: "note" as const, input: { title, chapters: 1 } }));
  const batch = await client.batches.submit({ jobs });
  await eventually(
    () => client.batches.get(batch.id),
    ({ status }) => status === "completed",
  );
  const page = await open(`/batches/${batch.id}`);
  await page.getByRole("link", { name: "Rye crackers" }).waitFor();
  expect(await page.getByRole("link", { name: "batch", exact: true }).count()).toBe(0);
  await page.getByRole("link", { name: "1 failed" }).click();
  await page.getByText("Only jobs of one batch.").waitFor();
  const rows = page.getByRole("region", { name: "Jobs" }).getByRole("listitem");
  await rows.getByRole("link", { name: hopeless }).waitFor();
  expect(await rows.count()).toBe(1);
  await expectAccessible(page);
  await page.getByRole("link", { name: "Show those of all" }).click();
  await page.getByText("Only jobs of one batch.").waitFor({ state: "detached" });
  expect(new URL(page.url()).search).toBe("?status=failed");
});

test("an article is taken along as Markdown, and its job's id copied", async () => {
  const { id } = await submit("Rye *loaf*");
  const { articleId } = await client.wait(id);
  const { slug } = await client.articles.get(articleId ?? "");
  const markdown = await client.articles.markdown(articleId ?? "");
  const page = await open(`/jobs/${id}`);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  const copied = () => page.evaluate("navigator.clipboard.readText()");
  await page.getByRole("button", { name: "Copy as Markdown" }).click();
  await page.getByRole("button", { name: "Copied as Markdown" }).waitFor();
  expect(await copied()).toBe(markdown);
  expect(markdown.startsWith("# Rye \\*loaf\\*\n")).toBe(true);
  await page.getByRole("button", { name: "Copy the id" }).click();
  await page.getByRole("button", { name: "Copied the id" }).waitFor();
  expect(await copied()).toBe(id);

  const coming = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download" }).click();
  const download = await coming;
  expect(download.suggestedFilename()).toBe(`${slug}.md`);
  expect(await readFile(await download.path(), "utf8")).toBe(markdown);
  await expectAccessible(page);
});

test("a job whose budget is used up goes on with a higher one alone", async () => {
  const { id } = await client.submit("note", { title: "Dear bread", chapters: 1 }, { maxCostUsd: "0.000001" });
  const page = await open(`/jobs/${id}`);
  await page.getByLabel("New budget in USD (it was $0.000001)").fill("1");
  expect(await page.getByRole("button", { name: "Resume", exact: true }).count()).toBe(0);
  await page.getByRole("button", { name: "Resume with it" }).click();
  await page.getByRole("status").getByText("Completed").waitFor();
});

test("of many steps the completed ones are folded, and seen at a click", async () => {
  const { id } = await client.submit("story", { title: "Thirty breads", chapters: 30 });
  await client.wait(id);
  const page = await open(`/jobs/${id}`);
  await page.getByRole("list", { name: "Steps of writing" }).getByRole("listitem").nth(11).waitFor();
  await page.getByText("18 completed steps").click();
  const folded = page.getByRole("list", { name: "Completed steps of writing" });
  expect(await folded.getByRole("listitem").count()).toBe(18);
  await expectAccessible(page);
});

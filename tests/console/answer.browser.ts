import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Client, createClient } from "galley/client";
import { expectAccessible, openTab } from "../support/browser.ts";
import { type Bench, startBench } from "../support/pages.ts";
import type { review } from "../support/story.ts";

let bench: Bench;
let client: Client<[typeof review]>;
beforeAll(async () => {
  bench = await startBench();
  client = createClient<[typeof review]>({ baseUrl: bench.galley.url });
});
afterAll(() => bench?.close());

test.each([
  { width: 1440, colorScheme: "light" },
  { width: 390, colorScheme: "dark" },
] as const)("a job asks a person, who answers by keyboard: %j", async (screen) => {
  const { id } = await client.submit("review", { title: "Rye", chapters: 1 });
  const { page, problems } = await openTab(bench.browser, `${bench.galley.url}/jobs/${id}`, screen);
  const form = page.getByRole("form", { name: "May this be published?" });
  await form.getByText("Without an answer the job goes on by itself in ").waitFor();
  await page.getByText("A person's answer is needed").first().waitFor();
  await page.getByRole("status").getByText("Answer needed").waitFor();
  await expectAccessible(page);

  // Nothing is decided for who has not decided.
  await form.getByRole("button", { name: "Send answer" }).click();
  expect(await form.locator("input:invalid").count()).toBe(2);
  await form.getByRole("radio", { name: "Yes" }).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  await page.keyboard.type("Too short for us.");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("status").getByText("Completed").waitFor();
  await form.waitFor({ state: "detached" });
  await page.getByText("Not approved: Too short for us.").first().waitFor();
  const { data } = (await client.request("listAnswers", { params: { id } })).body;
  expect(data.map(({ answer }) => answer)).toEqual([{ approved: false, note: "Too short for us." }]);
  await expectAccessible(page);
  expect(problems).toEqual([]);
  await page.context().close();
});

test("an answer that does not fit is refused at its field", async () => {
  const { id } = await client.submit("review", { title: "Spelt", chapters: 1 });
  const { page, problems } = await openTab(bench.browser, `${bench.galley.url}/jobs/${id}`);
  const form = page.getByRole("form", { name: "May this be published?" });
  await form.getByRole("radio", { name: "Yes" }).check();
  // The browser would refuse it too: the service is what counts.
  await form.evaluate((element) => element.setAttribute("novalidate", ""));
  await form.getByLabel("Note").fill("x");
  await form.getByRole("button", { name: "Send answer" }).click();
  await form.getByText("must NOT have fewer than 3 characters").waitFor();
  await page.locator('[id="/note"]:focus').waitFor();
  await expectAccessible(page);
  expect(problems.splice(0)).toEqual([expect.stringContaining("422")]);
  await form.getByLabel("Note").fill("Fine.");
  await form.getByRole("button", { name: "Send answer" }).click();
  await page.getByText("Approved: Fine.").first().waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createClient } from "galley/client";
import type { Page } from "playwright-core";
import { expectAccessible, openTab, type Screen } from "../support/browser.ts";
import { eventually } from "../support/galley.ts";
import { type Bench, startBench } from "../support/pages.ts";

let bench: Bench;
/** Of the operator, and of a tenant. */
let key: string;
let keyOfAcme: string;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.close());

const phone: Screen = { width: 390, height: 844, colorScheme: "dark" };

const dialog = (page: Page) => page.getByRole("dialog");
const makeKey = async (page: Page, tenant: string, scopes: readonly string[]): Promise<string> => {
  await page.getByRole("button", { name: "New key" }).click();
  await dialog(page).getByRole("textbox", { name: "Tenant" }).fill(tenant);
  for (const scope of ["jobs:read", "jobs:write", "admin"])
    await dialog(page).getByRole("checkbox", { name: scope }).setChecked(scopes.includes(scope));
  await expectAccessible(page);
  await dialog(page).getByRole("button", { name: "Make key" }).click();
  return await dialog(page).getByRole("textbox", { name: "Copy it now" }).inputValue();
};

test("the first key is made on an open service, which asks for it from then on", async () => {
  const { page, problems } = await openTab(bench.browser, bench.galley.url);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("link", { name: "Access" }).click();
  await page.getByText("There is no key yet").waitFor();
  key = await makeKey(page, "ops", ["jobs:read", "jobs:write", "admin"]);
  await page.getByText("From now on the service asks for a key").waitFor();
  await expectAccessible(page);
  await dialog(page).getByRole("button", { name: "Copy" }).click();
  await dialog(page).getByRole("status").getByText("Copied.").waitFor();
  expect(await page.evaluate("navigator.clipboard.readText()")).toBe(key);
  await dialog(page).getByRole("button", { name: "Close" }).click();
  // The process knows a second later at most that there are keys.
  await eventually(
    () => fetch(`${bench.galley.url}/v1/jobs`),
    ({ status }) => status === 401,
    3,
  );
  await page.reload();
  await page.getByLabel("Key", { exact: true }).fill(key);
  await page.getByRole("button", { name: "Open" }).click();
  await page.getByText("the key of this tab").waitFor();
  expect(problems.every((problem) => problem.includes("401"))).toBe(true);
  await page.context().close();
});

/** The console with a key, as a person has given it. */
async function openWith(given: string, path: string, screen?: Screen) {
  const tab = await openTab(bench.browser, bench.galley.url, screen);
  await tab.page.evaluate((one) => sessionStorage.setItem("galley.key", one), given);
  await tab.page.goto(`${bench.galley.url}${path}`);
  tab.problems.splice(0);
  return tab;
}

test.each([{}, phone])("a key is made, shown once, and revoked: %j", async (screen) => {
  const { page, problems } = await openWith(key, "/access", screen);
  keyOfAcme = await makeKey(page, "acme", ["jobs:read"]);
  await dialog(page).getByRole("button", { name: "Close" }).click();
  const [, id = "", secret = ""] = keyOfAcme.split("_");
  const row = page.getByRole("region", { name: "Keys" }).getByRole("listitem").filter({ hasText: id });
  await row.getByText("never used").waitFor();
  expect(await page.content()).not.toContain(secret);
  expect(await page.evaluate("JSON.stringify([{ ...sessionStorage }, { ...localStorage }])")).toBe(
    JSON.stringify([{ "galley.key": key }, {}]),
  );
  await expectAccessible(page);

  await row.getByRole("button", { name: "Revoke" }).click();
  await dialog(page).getByRole("heading", { name: "Revoke a key of acme?" }).waitFor();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await dialog(page).waitFor({ state: "detached" });
  expect(await page.evaluate("document.activeElement.textContent")).toBe(`Revokethe key ${id} of acme`);
  await page.keyboard.press("Enter");
  await dialog(page).getByRole("button", { name: "Revoke" }).click();
  await row.waitFor({ state: "hidden" });
  await page.getByText(/^Revoked: /).click();
  await row.getByText("revoked just now").waitFor();
  await expectAccessible(page);
  expect(problems).toEqual([]);
  await page.context().close();
});

test("what a tenant may use is set, and what does not fit is said at its field", async () => {
  const { page, problems } = await openWith(key, "/access");
  const row = page.getByRole("region", { name: "Tenants" }).getByRole("listitem").filter({ hasText: "ops" });
  await row.getByText("no daily budget").waitFor();
  await row.getByRole("button", { name: "Edit" }).click();
  await dialog(page).getByLabel("Daily budget in USD").fill("much");
  await dialog(page).getByLabel("Weight").fill("3");
  await dialog(page).getByLabel("Jobs at once").fill("10");
  await dialog(page).getByRole("button", { name: "Save" }).click();
  await dialog(page).getByText("expected a decimal number of dollars").waitFor();
  await expectAccessible(page);
  expect(problems.splice(0)).toEqual([expect.stringContaining("400")]);
  await dialog(page).getByLabel("Daily budget in USD").fill("2.50");
  await page.keyboard.press("Enter");
  await row.getByText("of $2.50").waitFor();
  await row.getByText("10 jobs at once").waitFor();
  const client = createClient({ baseUrl: bench.galley.url, apiKey: key });
  const { data } = (await client.request("listTenants", {})).body;
  expect(data).toContainEqual({
    tenant: "ops",
    usedTodayUsd: "0.000000000000",
    dailyBudgetUsd: "2.500000000000",
    weight: 3,
    maxRunning: 10,
  });
  await row.getByRole("button", { name: "Edit" }).click();
  await dialog(page).getByLabel("Daily budget in USD").fill("");
  await dialog(page).getByRole("button", { name: "Save" }).click();
  await row.getByText("no daily budget").waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});

test("to a key without the scope admin neither is shown, and nothing is asked that it may not ask", async () => {
  const client = createClient({ baseUrl: bench.galley.url, apiKey: key });
  const { body } = await client.request("createKey", { body: { tenant: "acme" } });
  const { page, problems } = await openWith(body.key, "/access");
  await page.getByText("Keys and tenants are for a key with the scope admin.").waitFor();
  expect(await page.getByRole("link", { name: "Access" }).count()).toBe(0);
  await expectAccessible(page);
  await page.getByRole("link", { name: "Health" }).click();
  await page.getByText("A key with the scope admin shows the tables").waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});

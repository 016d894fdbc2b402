import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { type Client, createClient } from "galley/client";
import type { Page } from "playwright-core";
import { createKey } from "../../src/access/keys.ts";
import { expectAccessible, openTab, type Screen } from "../support/browser.ts";
import { startTestGalley } from "../support/galley.ts";
import { type Bench, startBench } from "../support/pages.ts";
import { relay } from "../support/types.ts";

let bench: Bench;
let key: string;
let client: Client;
beforeAll(async () => {
  bench = await startBench({ SECRETS_KEY: randomBytes(32).toString("base64") });
  key = await createKey(bench.galley.database.db, "acme", ["jobs:read", "jobs:write"]);
  client = createClient({ baseUrl: bench.galley.url, apiKey: key });
});
afterEach(() => bench?.galley.test.query("delete from shops"));
afterAll(() => bench?.close());

/** The page of shops with a key, as a person has given it. */
async function openShops(given = key, url = bench.galley.url, screen?: Screen) {
  const tab = await openTab(bench.browser, url, screen);
  await tab.page.evaluate((one) => sessionStorage.setItem("galley.key", one), given);
  await tab.page.goto(`${url}/shops`);
  await tab.page.getByRole("heading", { name: "Shops", exact: true }).waitFor();
  tab.problems.splice(0);
  return tab;
}

const dialog = (page: Page) => page.getByRole("dialog");
const row = (page: Page) => page.getByRole("list", { name: "Shops" }).getByRole("listitem");
const list = async () => (await client.request("listShops", {})).body.data;
const app = { clientId: "app-id-7f3a", clientSecret: "shpss_very-secret" };
const connect = (domain: string) => client.request("createShop", { body: { domain, ...app } });

test.each([{}, { width: 390, height: 844, colorScheme: "dark" }] as const)(
  "a shop is connected, given other credentials and disconnected: %j",
  async (screen) => {
    const { page, problems } = await openShops(key, bench.galley.url, screen);
    await page.getByRole("heading", { name: "No shops yet" }).waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Connect shop" }).click();
    await dialog(page).getByLabel("Domain").fill("bread.example");
    await dialog(page).getByLabel("Client id", { exact: true }).fill(app.clientId);
    const secret = dialog(page).getByLabel("Client secret");
    expect(await secret.getAttribute("type")).toBe("password");
    await secret.fill(` ${app.clientSecret}\n`);
    await page.keyboard.press("Enter");
    // What does not fit is said at its field, and the rest stays to be sent again.
    await dialog(page).getByText("expected the domain that Shopify gave the shop").waitFor();
    await page.locator("#shop-domain:focus").waitFor();
    await expectAccessible(page);
    expect(problems.splice(0)).toEqual([expect.stringContaining("400")]);
    await dialog(page).getByLabel("Domain").fill("Bread.myshopify.com ");
    await dialog(page).getByRole("button", { name: "Connect" }).click();
    await row(page).getByText("client id and secret").waitFor();
    await row(page).getByRole("paragraph").filter({ hasText: "bread.myshopify.com" }).waitFor();
    expect(await list()).toMatchObject([{ domain: "bread.myshopify.com", credentials: "client_credentials" }]);
    await expectAccessible(page);
    expect(await page.content()).not.toContain(app.clientSecret);

    await row(page).getByRole("button", { name: "Change credentials" }).click();
    // What was given before is neither here nor asked for.
    expect(await dialog(page).getByLabel("Client id", { exact: true }).inputValue()).toBe("");
    await dialog(page).getByLabel("Access token").check();
    await dialog(page).getByRole("textbox", { name: "Access token" }).fill("shpat_very-secret");
    await expectAccessible(page);
    await dialog(page).getByRole("button", { name: "Save" }).click();
    await row(page).getByText("access token", { exact: true }).waitFor();
    await row(page).getByText("new credentials just now").waitFor();

    await row(page).getByRole("button", { name: "Disconnect" }).click();
    await dialog(page).getByRole("heading", { name: "Disconnect bread.myshopify.com?" }).waitFor();
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await dialog(page).waitFor({ state: "detached" });
    expect(await list()).toHaveLength(1);
    await row(page).getByRole("button", { name: "Disconnect" }).click();
    await dialog(page).getByRole("button", { name: "Disconnect" }).click();
    await page.getByRole("heading", { name: "No shops yet" }).waitFor();
    expect(await list()).toEqual([]);
    expect(problems).toEqual([]);
    await page.context().close();
  },
);

test("a shop that is there already is said at its domain", async () => {
  await connect("bread.myshopify.com");
  const { page, problems } = await openShops();
  await page.getByRole("button", { name: "Connect shop" }).click();
  await dialog(page).getByLabel("Domain").fill("bread.myshopify.com");
  await dialog(page).getByLabel("Client id", { exact: true }).fill("another");
  await dialog(page).getByLabel("Client secret").fill("another");
  await dialog(page).getByRole("button", { name: "Connect" }).click();
  await dialog(page).getByText("this shop is there already").waitFor();
  expect(problems).toEqual([expect.stringContaining("400")]);
  await page.context().close();
});

test("to a key that only reads shops are shown, and nothing is offered that it may not do", async () => {
  await connect("bread.myshopify.com");
  const { page, problems } = await openShops(await createKey(bench.galley.database.db, "acme", ["jobs:read"]));
  await row(page).getByText("bread.myshopify.com").waitFor();
  await page.getByText("Shops are connected by a key with the scope jobs:write.").waitFor();
  expect(await page.getByRole("main").getByRole("button").count()).toBe(0);
  await expectAccessible(page);
  expect(problems).toEqual([]);
  await page.context().close();
});

test("without SECRETS_KEY the page says what to do, and lets a shop that was connected go", async () => {
  await connect("bread.myshopify.com");
  const bare = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api" }, test: bench.galley.test });
  const { page, problems } = await openShops(key, bare.url, { colorScheme: "dark" });
  await page.getByText("No shop can be connected, and nothing is published in those below").waitFor();
  await page.getByText("openssl rand -base64 32").waitFor();
  await expectAccessible(page);
  expect(await page.getByRole("main").getByRole("button").allTextContents()).toEqual([
    "Disconnect bread.myshopify.com",
  ]);
  await row(page).getByRole("button", { name: "Disconnect" }).click();
  await dialog(page).getByRole("button", { name: "Disconnect" }).click();
  await page.getByRole("heading", { name: "No shops yet" }).waitFor();
  await page.getByText("No shop can be connected: the service has no key").waitFor();
  expect(await list()).toEqual([]);
  expect(problems).toEqual([]);
  await page.context().close();
  await bare.close();
});

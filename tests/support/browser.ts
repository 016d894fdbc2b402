import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { expect } from "@jest/globals";
import { type Browser, chromium, type Page } from "playwright-core";

const usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** A headless Chromium: the one that `CHROMIUM` names, else the machine's own. Close it in `afterAll`. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? usual.find((path) => existsSync(path));
  if (!executablePath) {
    throw new Error("No Chromium is here. Install one (apt-get install chromium), or name it in CHROMIUM.");
  }
  // In a container Chromium starts neither as root with its sandbox nor with 64 MB of shared memory. It sees our pages alone.
  return await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

export type Screen = { width?: number; height?: number; colorScheme?: "light" | "dark" };

/** A tab of a browser profile of its own. `problems`: what its console, its policy and its network complained of. */
export type Tab = { page: Page; problems: string[] };

export async function openTab(browser: Browser, url: string, screen: Screen = {}): Promise<Tab> {
  const { width = 1440, height = 900, colorScheme = "light" } = screen;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const problems: string[] = [];
  page.on("console", (message) => problems.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) problems.push(`asks for ${request.url()}`);
  });
  await page.goto(url);
  return { page, problems };
}

const axe = readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

type Violation = { id: string; help: string; nodes: { html: string; failureSummary: string }[] };

/** Fails if a reader with a screen reader, weak eyes or a small screen would stumble over the page as it is. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(await axe);
  const { violations } = (await page.evaluate(
    "axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })",
  )) as { violations: Violation[] };
  expect(
    violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map((node) => [node.html, node.failureSummary]),
    })),
  ).toEqual([]);
  const [wanted, there] = (await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")) as number[];
  const at = page.url();
  expect({ at, pixelsTooWide: Math.max(0, (wanted ?? 0) - (there ?? 0)) }).toEqual({ at, pixelsTooWide: 0 });
}

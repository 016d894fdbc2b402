import type { Browser } from "playwright-core";
import { article } from "../../jobs/article/index.ts";
import { priceFile } from "../../src/author/testing/scripted-server.ts";
import { type DemoModel, startDemoModel } from "../../src/demo/server.ts";
import { books } from "./books.ts";
import { startBrowser } from "./browser.ts";
import { startTestGalley, type TestGalley } from "./galley.ts";
import { note, review, story } from "./story.ts";

/** A Galley whose model writes as fast as the test lets it, and a browser to look at it. */
export type Bench = {
  galley: TestGalley;
  browser: Browser;
  /** From now on answers stop after their first chunk, until the promise is settled. */
  holdAfterFirstChunk(until: Promise<void>): void;
  close(): Promise<void>;
};

export async function startBench(env: Record<string, string> = {}): Promise<Bench> {
  let until: Promise<void> | null = null;
  let chunks = 0;
  const model: DemoModel = await startDemoModel({
    async onChunk() {
      if (until && chunks++ > 0) await until;
    },
  });
  const { book, chapter } = books(async ({ input }) => ({ text: `About ${input.title}` }));
  const galley = await startTestGalley({
    jobTypes: [article, story, note, review, book, chapter],
    env: { OPENAI_BASE_URL: model.baseURL, OPENAI_MODEL: "demo-1", PRICES_FILE: priceFile, ...env },
  });
  const browser = await startBrowser();
  return {
    galley,
    browser,
    holdAfterFirstChunk(promise) {
      chunks = 0;
      until = promise;
    },
    async close() {
      await browser.close();
      await galley.close();
      await model.close();
    },
  };
}

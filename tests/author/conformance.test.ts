import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { findBreaches, runJob } from "galley/testing";
import { articlePublication } from "../../jobs/article_publication/index.ts";
import { jobTypes } from "../../jobs/index.ts";
import { type DemoShop, startDemoShop } from "../../src/demo/shop/server.ts";
import { nameShop, secretsKey } from "../shopify/shop-galley.ts";
import type { TestGalley } from "../support/galley.ts";

let shop: DemoShop;
beforeAll(async () => {
  shop = await startDemoShop();
});
afterAll(() => shop.close());

async function keepWhatExamplesName(galley: TestGalley): Promise<void> {
  const { articleId, shop: domain } = articlePublication.example ?? { articleId: "", shop: "" };
  await galley.test.query(
    "insert into articles (id, title, slug, content) values ($1, 'Bread', 'bread', 'Flour.')",
    [articleId],
  );
  await nameShop(galley, domain);
}

const types = jobTypes.map((type) => [type.type, type] as const);

test.each(types)(
  "%s keeps the rules of a job type",
  async (_, type) => {
    expect(await findBreaches(type)).toEqual([]);
  },
  300_000,
);

test.each(types)("%s runs from its first phase to its last on a database", async (_, type) => {
  const { job, events, progress } = await runJob(type, type.example, {
    env: { SECRETS_KEY: secretsKey, SHOPIFY_ORIGIN: shop.origin },
    before: keepWhatExamplesName,
  });
  expect(job).toMatchObject({ status: "completed", percentage: 100 });
  const percentages = progress.map(({ percentage }) => percentage);
  expect(percentages).toEqual(percentages.toSorted((one, other) => one - other));
  expect(events.filter((event) => event.type === "attempt_failed")).toEqual([]);
});

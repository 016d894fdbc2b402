import { randomBytes } from "node:crypto";
import request from "supertest";
import { articlePublication } from "../../jobs/article_publication/index.ts";
import type { JobType } from "../../src/author/index.ts";
import { keepArticle } from "../../src/content/articles.ts";
import { type DemoShop, type DemoShopOptions, startDemoShop } from "../../src/demo/shop/server.ts";
import type { JobRow } from "../../src/generation/job/job.ts";
import { startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";

export const secretsKey = randomBytes(32).toString("base64");
export const domain = "bread.myshopify.com";
export const app = { clientId: "app-id-7f3a", clientSecret: "shpss_never-to-be-seen" };

export type ShopGalley = {
  galley: TestGalley;
  shop: DemoShop;
  /** Keeps an article of the tenant `local`. */
  keep(handle?: string): Promise<string>;
  /** Submits a job that publishes it. */
  publish(articleId: string, to?: object): Promise<string>;
  /** Publishes it, and waits for the end. */
  published(articleId: string, to?: object): Promise<JobRow>;
  /** The article as the API shows it. */
  read(articleId: string): Promise<Record<string, unknown>>;
  close(): Promise<void>;
};

type Options = DemoShopOptions & { env?: Record<string, string>; jobTypes?: readonly JobType[] };

/** A Galley with a simulated shop that it has the credentials of. */
export async function startShopGalley({
  env = {},
  jobTypes = [articlePublication],
  ...options
}: Options = {}): Promise<ShopGalley> {
  const shop = await startDemoShop({ lagMilliseconds: 0, restoreRate: 1_000, ...options });
  const settings = { SECRETS_KEY: secretsKey, SHOPIFY_ORIGIN: shop.origin, ...env };
  const galley = await startTestGalley({ jobTypes, env: settings });
  await request(galley.url)
    .post("/v1/shops")
    .send({ domain, ...app })
    .expect(201);
  const publish: ShopGalley["publish"] = async (articleId, to = {}) => {
    const input = { articleId, shop: domain, blogId: "1", ...to };
    return (await galley.service.submit("local", { type: "article_publication", input })).job.id;
  };
  return {
    galley,
    shop,
    publish,
    keep: async (handle = "bread") => (await keepBread(galley, handle)).articleId,
    published: async (articleId, to) => await whenFinished(galley, await publish(articleId, to)),
    read: async (articleId) => (await request(galley.url).get(`/v1/articles/${articleId}`).expect(200)).body,
    async close() {
      await galley.close();
      await shop.close();
    },
  };
}

export const nameShop = async ({ url }: TestGalley, shopDomain: string): Promise<unknown> =>
  await request(url)
    .post("/v1/shops")
    .send({ domain: shopDomain, ...app })
    .expect(201);

const keepBread = ({ database }: TestGalley, handle: string) =>
  database.db.transaction((tx) =>
    keepArticle(tx, {
      tenant: "local",
      handle,
      title: "Bread & butter",
      content: "Take **flour**.\n\n<script>alert(1)</script>",
      summary: "Flour & water, in < 3 hours.",
      metaTitle: "Bread at\n home",
      metaDescription: "",
      tags: ["bread", "yeast, fresh", " "],
    }),
  );

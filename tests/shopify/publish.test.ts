import { randomBytes } from "node:crypto";
import { afterEach, expect, test } from "@jest/globals";
import request from "supertest";
import { articlePublication } from "../../jobs/article_publication/index.ts";
import { createSealer, type Sealer } from "../../src/access/sealer.ts";
import { keepArticle } from "../../src/content/articles.ts";
import { openCredentials } from "../../src/content/shopify/credentials.ts";
import { startTestGalley } from "../support/galley.ts";
import { app, domain, type ShopGalley, startShopGalley } from "./shop-galley.ts";

let world: ShopGalley;
const start = async (options: Parameters<typeof startShopGalley>[0] = {}) => {
  world = await startShopGalley(options);
};
afterEach(() => world.close());

const operations = () => world.shop.requests().map(({ operation }) => operation);

test("an article is put into the shop as a draft, whole, and its row says where it is", async () => {
  await start();
  const articleId = await world.keep();
  const job = await world.published(articleId);
  expect(job).toMatchObject({ status: "completed", articleId, cost: "0.000000000000" });
  const [article] = world.shop.articles();
  expect(world.shop.articles()).toHaveLength(1);
  expect(article).toMatchObject({
    blogId: "1",
    handle: "bread",
    title: "Bread & butter",
    body: "<p>Take <strong>flour</strong>.</p>",
    summary: "<p>Flour &amp; water, in &lt; 3 hours.</p>",
    tags: ["bread", "yeast  fresh"],
    author: "bread",
    isPublished: false,
    image: null,
    metafields: [
      { namespace: "global", key: "title_tag", type: "single_line_text_field", value: "Bread at home" },
      { namespace: "galley", key: "job_id", type: "single_line_text_field", value: job.id },
    ],
  });
  const place = { shop: domain, blogId: "1", shopifyId: article?.id, handle: "bread", state: "draft" };
  expect(job.resultData).toEqual({ articleId, ...place });
  expect(await world.read(articleId)).toMatchObject({
    status: "published_hidden",
    shopifyBlogId: "1",
    shopifyArticleId: article?.id,
    publishedAt: null,
    publications: [{ ...place, updatedAt: expect.any(String) }],
  });
  expect(operations()).toEqual(["token", "CreateArticle"]);
});

test("once more, it is brought up to date in place: text, author, image, live, and a draft again", async () => {
  await start();
  const articleId = await world.keep();
  await world.published(articleId, { blogId: "gid://shopify/Blog/1" });
  await world.galley.test.query("update articles set content = 'Take rye.', title = 'Rye' where id = $1", [
    articleId,
  ]);
  const image = { url: "https://shop.example/rye.png", altText: "A loaf" };
  const job = await world.published(articleId, { live: true, author: "Ann Baker", image });
  expect(job.resultData).toMatchObject({ state: "live", handle: "bread" });
  expect(world.shop.articles()).toMatchObject([
    { title: "Rye", body: "<p>Take rye.</p>", author: "Ann Baker", image, isPublished: true, handle: "bread" },
  ]);
  expect(await world.read(articleId)).toMatchObject({
    status: "published_visible",
    publishedAt: expect.any(String),
    publications: [{ state: "live" }],
  });
  await world.published(articleId);
  expect(world.shop.articles()).toMatchObject([{ isPublished: false }]);
  expect(await world.read(articleId)).toMatchObject({ publications: [{ state: "draft" }] });
  expect(operations()).toEqual(["token", "CreateArticle", "UpdateArticle", "UpdateArticle"]);
  // Each said in so many words whether it is a draft: what Shopify is not told it publishes.
  expect(
    world.shop
      .requests()
      .slice(1)
      .map(({ variables }) => (variables.article as { isPublished: unknown }).isPublished),
  ).toEqual([false, true, false]);
});

test("an article may be in several blogs, and two articles have two handles", async () => {
  await start({ blogs: ["1", "2"] });
  const [first, second] = [await world.keep(), await world.keep()];
  await world.published(first);
  await world.published(first, { blogId: "2" });
  await world.published(second);
  expect(world.shop.articles().map(({ blogId, handle }) => [blogId, handle])).toEqual([
    ["1", "bread"],
    ["2", "bread"],
    ["1", "bread-2"],
  ]);
  const { publications } = await world.read(first);
  expect(publications).toMatchObject([{ blogId: "2" }, { blogId: "1" }]);
});

test("a handle that a stranger's article has is passed by", async () => {
  await start();
  const articleId = await world.keep();
  const token = { "x-shopify-access-token": "shpat_person", "content-type": "application/json" };
  for (const handle of ["bread", "bread-2"]) {
    await fetch(`${world.shop.origin}/admin/api/2026-10/graphql.json`, {
      method: "POST",
      headers: token,
      body: JSON.stringify({
        query:
          "mutation Person($article: ArticleCreateInput!) { articleCreate(article: $article) { userErrors { code } } }",
        variables: {
          article: { title: "Theirs", author: { name: "Eve" }, blogId: "gid://shopify/Blog/1", handle },
        },
      }),
    });
  }
  const job = await world.published(articleId);
  expect(job).toMatchObject({ status: "completed", resultData: { handle: "bread-3" }, attempts: 1 });
  expect(world.shop.articles().map(({ handle, title }) => [handle, title])).toEqual([
    ["bread", "Theirs"],
    ["bread-2", "Theirs"],
    ["bread-3", "Bread & butter"],
  ]);
});

test("what a person has deleted in the shop is created anew", async () => {
  await start();
  const articleId = await world.keep();
  await world.published(articleId);
  world.shop.remove(world.shop.articles()[0]?.id ?? "");
  const again = await world.published(articleId, { live: true });
  expect(again.status).toBe("completed");
  expect(world.shop.articles()).toMatchObject([{ handle: "bread", isPublished: true }]);
  expect(await world.read(articleId)).toMatchObject({ shopifyArticleId: world.shop.articles()[0]?.id });
});

test.each([
  [{ blogId: "9" }, "The shop refused the article: blogId: Must reference an existing blog. (NOT_FOUND)"],
])("what the shop has against an article fails the job in the shop's words, at once", async (to, message) => {
  await start();
  const articleId = await world.keep();
  const job = await world.published(articleId, to);
  expect(job).toMatchObject({ status: "failed", errorCode: "bad_request", errorMessage: message, attempts: 1 });
  expect(world.shop.articles()).toEqual([]);
  // What was refused leaves no doubt behind: the next try asks no search.
  expect(await world.read(articleId)).toMatchObject({ status: "ready_for_editorial", shopifyArticleId: null });
});

test("an article or a shop that is not the tenant's is refused before anything is submitted", async () => {
  await start();
  const articleId = await world.keep();
  const theirs = await world.galley.database.db.transaction((tx) =>
    keepArticle(tx, { tenant: "rival", handle: "rye", title: "Rye", content: "Rye." }),
  );
  const submit = (input: object) =>
    request(world.galley.url)
      .post("/v1/jobs")
      .send({ type: "article_publication", input: { articleId, shop: domain, blogId: "1", ...input } });
  for (const [input, pointer, message] of [
    [{ articleId: theirs.articleId }, "/input/articleId", "there is no such article"],
    [{ shop: "other.myshopify.com" }, "/input/shop", "there is no such shop: POST /v1/shops names one"],
    [{ shop: "evil.example" }, "/input/shop", "expected the domain of a shop, like my-shop.myshopify.com"],
    [{ blogId: "news" }, "/input/blogId", "expected the number of a blog, or gid://shopify/Blog/ and that"],
    [{ image: { url: "http://shop.example/a.png" } }, "/input/image/url", "must be an https address"],
  ] as const) {
    const { status, body } = await submit(input);
    expect([status, body.errors]).toEqual([400, [{ pointer, message }]]);
  }
  expect((await world.galley.service.list("local", { limit: 5 })).jobs).toEqual([]);
});

test("a shop that is gone, or whose secrets no key opens any more, fails the job in so many words", async () => {
  await start();
  const articleId = await world.keep();
  const { test: database } = world.galley;
  await database.query(
    "update shops set credentials = 'deadbeef.' || split_part(credentials, '.', 2), token = null, token_expires_at = null",
  );
  expect(await world.published(articleId)).toMatchObject({
    status: "failed",
    errorMessage: `The credentials of ${domain} cannot be opened: No key of SECRETS_KEY has the id deadbeef, with which this secret was sealed.`,
  });
  await database.query("update shops set domain = 'moved.myshopify.com'");
  const jobId = await world.publish(articleId).catch((error: Error) => error.message);
  expect(jobId).toContain("does not fit the type");
  expect(world.shop.requests()).toEqual([]);
});

test("a shop that a former key has sealed is sealed anew when it is next used", async () => {
  const [former = "", current = ""] = [randomBytes(32), randomBytes(32)].map((key) => key.toString("base64"));
  await start({ env: { SECRETS_KEY: former, ROLES: "api" } });
  const { test: database } = world.galley;
  const sealedWith = async () => {
    const { rows } = await database.query("select credentials, token from shops");
    const keyOf = (sealed: string | null) => sealed?.split(".")[0] ?? null;
    return { credentials: keyOf(rows[0].credentials), token: keyOf(rows[0].token) };
  };
  const before = await sealedWith();
  const settings = { ROLES: "worker", SHOPIFY_ORIGIN: world.shop.origin, SECRETS_KEY: `${current},${former}` };
  const worker = await startTestGalley({ jobTypes: [articlePublication], test: database, env: settings });
  expect(await world.published(await world.keep())).toMatchObject({ status: "completed" });
  await worker.close();
  const after = await sealedWith();
  expect(after).toEqual({ credentials: expect.any(String), token: after.credentials });
  expect(after.credentials).not.toBe(before.credentials);
  // The former key may go.
  const { rows } = await database.query("select * from shops");
  expect(openCredentials(createSealer([current]) as Sealer, rows[0])).toEqual(app);
});

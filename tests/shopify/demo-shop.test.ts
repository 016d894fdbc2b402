import { afterEach, expect, test } from "@jest/globals";
import { parseShopFault, type ShopFault } from "../../src/demo/shop/fault.ts";
import { type DemoShop, type DemoShopOptions, startDemoShop } from "../../src/demo/shop/server.ts";
import { eventually } from "../support/galley.ts";
import { run } from "../support/process.ts";

let shop: DemoShop;
const start = async (options: DemoShopOptions = {}) => {
  shop = await startDemoShop(options);
};
afterEach(() => shop.close());

async function post(query: string, variables: object = {}, token = "shpat_any") {
  const response = await fetch(`${shop.origin}/admin/api/2026-10/graphql.json`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-shopify-access-token": token },
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text.startsWith("{") ? JSON.parse(text) : text,
  };
}

const createMutation = `mutation Create($article: ArticleCreateInput!) {
  articleCreate(article: $article) { article { id handle isPublished } userErrors { code field } }
}`;
const bread = { title: "Bread", author: { name: "Ann" }, blogId: "gid://shopify/Blog/1", handle: "bread" };
const create = async (article: object) => (await post(createMutation, { article })).body.data.articleCreate;
const find = async (query: string) =>
  (await post(`query Find($query: String) { articles(first: 5, query: $query) { nodes { id } } }`, { query })).body
    .data.articles.nodes;

test("it creates, changes and finds articles, and publishes what is not said to be a draft", async () => {
  await start({ lagMilliseconds: 0, blogs: ["1", "2"] });
  const draft = await create({ ...bread, isPublished: false });
  expect(draft).toEqual({
    article: { id: expect.any(String), handle: "bread", isPublished: false },
    userErrors: [],
  });
  expect((await create({ ...bread, handle: "rolls" })).article.isPublished).toBe(true);
  expect((await create({ ...bread, blogId: "gid://shopify/Blog/2" })).userErrors).toEqual([]);
  expect(await find('blog_id:1 handle:"bread"')).toEqual([{ id: draft.article.id }]);
  expect(await find("blog_id:1")).toHaveLength(2);
  expect(await find("author:Ann")).toEqual([]);
});

test.each([
  ["TAKEN", "handle", {}],
  ["BLANK", "title", { title: " ", handle: "new" }],
  ["NOT_FOUND", "blogId", { blogId: "gid://shopify/Blog/3" }],
  ["AUTHOR_FIELD_REQUIRED", "author", { author: {}, handle: "new" }],
  [
    "INVALID_PUBLISH_DATE",
    "isPublished",
    { isPublished: true, publishDate: "2999-01-01T00:00:00Z", handle: "new" },
  ],
  ["UPLOAD_FAILED", "image", { image: { url: "bread.png" }, handle: "new" }],
])("it refuses with %s at %s", async (code, field, change) => {
  await start();
  await create(bread);
  const refused = { article: null, userErrors: [{ code, field: ["article", field] }] };
  expect(await create({ ...bread, ...change })).toEqual(refused);
  expect(shop.articles()).toHaveLength(1);
});

test("a field that Shopify does not have is refused as Shopify refuses it", async () => {
  await start();
  const { status, body } = await post(createMutation, { article: { ...bread, content: "Flour." } });
  expect(status).toBe(200);
  expect(body.errors[0].message).toContain('Field "content" is not defined by type "ArticleCreateInput"');
});

test("its search knows a new article only after a while", async () => {
  await start({ lagMilliseconds: 300 });
  await create(bread);
  expect(await find("handle:bread")).toEqual([]);
  await eventually(
    () => find("handle:bread"),
    (found) => found.length === 1,
  );
});

test("who spends more points than there are is throttled, with 200", async () => {
  await start({ restoreRate: 1 });
  const [first, second, third] = [
    await post("query { articles { nodes { id } } }"),
    await post(createMutation, { article: bread }),
    await post(createMutation, { article: bread }),
  ];
  expect(first.body.extensions.cost.requestedQueryCost).toBe(4);
  expect(second.body.extensions.cost.throttleStatus).toMatchObject({ maximumAvailable: 20, restoreRate: 1 });
  expect(third.status).toBe(200);
  expect(third.body.errors[0].extensions.code).toBe("THROTTLED");
  expect(third.body.extensions.cost.actualQueryCost).toBeNull();
});

test("each fault does what its name says", async () => {
  const left: ShopFault[] = ["429", "502", "401", "reset", "drop", "throttled"];
  await start({ onRequest: () => left.shift() });
  const limited = await post(createMutation, { article: bread });
  expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "2.0"]);
  expect((await post(createMutation, { article: bread })).status).toBe(502);
  expect((await post(createMutation, { article: bread }, "shpat_first")).status).toBe(401);
  expect(shop.articles()).toEqual([]);
  await expect(post(createMutation, { article: bread }, "shpat_other")).rejects.toThrow("fetch failed");
  expect(shop.articles()).toEqual([]);
  await expect(post(createMutation, { article: bread }, "shpat_other")).rejects.toThrow("fetch failed");
  expect(shop.articles()).toHaveLength(1);
  const throttled = await post(createMutation, { article: bread });
  expect([throttled.status, throttled.body.errors[0].extensions.code]).toEqual([200, "THROTTLED"]);
  expect((await post(createMutation, { article: bread }, "shpat_first")).status).toBe(401);
});

test("a fault may be of every request, or of the first of a few", () => {
  const [each, third] = [parseShopFault("502"), parseShopFault("drop/3")];
  expect([each?.(), each?.()]).toEqual(["502", "502"]);
  expect([1, 2, 3, 4].map(() => third?.())).toEqual(["drop", undefined, undefined, "drop"]);
  expect([parseShopFault("503"), parseShopFault("drop/0")]).toEqual([null, null]);
});

test("npm run sim -- --shop prints its origin, shows what it has, and ends cleanly", async () => {
  await start();
  const sim = run("scripts/sim.ts", ["--shop", "--port", "0", "--blogs", "7,8"], {});
  await eventually(sim.stdout, (text) => text.includes("Ctrl-C"));
  const [origin = ""] = sim.stdout().split("\n");
  expect(await (await fetch(`${origin}/`)).json()).toEqual({ articles: [] });
  expect(sim.stdout()).toContain(`SHOPIFY_ORIGIN=${origin} `);
  sim.child.kill("SIGTERM");
  expect(await sim.exit).toBe(0);
});

test.each([
  [["--shop", "--as", "mistral"], "--as is the model's: leave --shop out."],
  [["--fault", "drop"], "--fault is the shop's: add --shop."],
  [
    ["--shop", "--fault", "fire"],
    '--fault takes one of throttled, 429, 401, 502, reset, slow, drop, or drop/5; got "fire".',
  ],
  [["--shop", "--blogs", "news"], '--blogs takes numbers with commas between, got "news".'],
])("npm run sim refuses %j", async (args, message) => {
  await start();
  const sim = run("scripts/sim.ts", args, {});
  expect(await sim.exit).toBe(1);
  expect(sim.stderr()).toContain(message);
});

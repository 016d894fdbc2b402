import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { articlePublication } from "../../jobs/article_publication/index.ts";
import { dieEverywhere } from "../../src/author/testing/crash/die-everywhere.ts";
import { findViolations } from "../../src/author/testing/crash/violations.ts";
import type { ShopFault } from "../../src/demo/shop/fault.ts";
import { type DemoShop, type ShopRequest, startDemoShop } from "../../src/demo/shop/server.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { type Run, run } from "../support/process.ts";
import { app, domain, nameShop, secretsKey } from "./shop-galley.ts";

let database: TestDatabase;
let shop: DemoShop;
let desk: TestGalley;
let onRequest: (asked: ShopRequest) => Promise<ShopFault | undefined> | ShopFault | undefined;
let articles: number;
beforeEach(async () => {
  articles = 0;
  onRequest = () => undefined;
  shop = await startDemoShop({ lagMilliseconds: 0, restoreRate: 1_000, onRequest: (asked) => onRequest(asked) });
  database = await createTestDatabase();
  desk = await startTestGalley({
    jobTypes: [articlePublication],
    test: database,
    env: { ROLES: "api", ...settings() },
  });
  await nameShop(desk, domain);
});
afterEach(async () => {
  await desk.close();
  await shop.close();
  await database.drop();
});

const settings = () => ({ SECRETS_KEY: secretsKey, SHOPIFY_ORIGIN: shop.origin });

async function keep(): Promise<string> {
  const { rows } = await database.query(
    "insert into articles (id, title, slug, content) values (gen_random_uuid(), 'Bread', $1, 'Flour.') returning id",
    [`loaf${++articles}x`],
  );
  return rows[0].id;
}

const submit = async (articleId: string): Promise<string> =>
  (
    await desk.service.submit("local", {
      type: "article_publication",
      input: { articleId, shop: domain, blogId: "1" },
    })
  ).job.id;

/** Where an article is, by the shop and by its row. */
async function placesOf(articleId: string) {
  const { rows } = await database.query("select slug, shopify_article_id from articles where id = $1", [articleId]);
  const placed = shop.articles().filter(({ handle }) => handle.startsWith(rows[0].slug));
  return { placed: placed.map(({ id }) => id), row: rows[0].shopify_article_id };
}

type Blow = { at: string; isDone: boolean };

test.each<[string, Blow, string[]]>([
  ["while it signs in", { at: "token", isDone: false }, ["token", "CreateArticle"]],
  ["when it has signed in", { at: "token", isDone: true }, ["token", "CreateArticle"]],
  [
    "before the shop creates",
    { at: "CreateArticle", isDone: false },
    ["FindArticles", "FindArticles", "CreateArticle"],
  ],
  ["when the shop has created", { at: "CreateArticle", isDone: true }, ["FindArticles", "UpdateArticle"]],
  ["before the shop changes", { at: "UpdateArticle", isDone: false }, ["UpdateArticle"]],
  ["when the shop has changed", { at: "UpdateArticle", isDone: true }, ["UpdateArticle"]],
])(
  "a worker is killed %s: another one goes on, and there is one article",
  async (_when, { at, isDone }, expected) => {
    const articleId = await keep();
    const logs: Run[] = [];
    const startWorker = () => {
      const started = run("src/main.ts", [], {
        DATABASE_URL: database.url,
        ROLES: "worker",
        LOG_LEVEL: "trace",
        ...settings(),
      });
      logs.push(started);
      return started;
    };
    const worker = startWorker();
    try {
      if (at === "UpdateArticle") await whenFinished(desk, await submit(articleId), 60);
      let isAlive = true;
      const before = shop.requests().length;
      onRequest = async ({ operation }) => {
        if (!isAlive || operation !== at) return undefined;
        isAlive = false;
        worker.child.kill("SIGKILL");
        await worker.exit;
        return isDone ? undefined : "reset";
      };
      const jobId = await submit(articleId);
      await worker.exit;
      startWorker();
      const job = await whenFinished(desk, jobId, 60);
      expect(job).toMatchObject({ status: "completed", articleId });
      const { placed, row } = await placesOf(articleId);
      expect([placed.length, row]).toEqual([1, placed[0]]);
      const made = shop
        .requests()
        .slice(before)
        .map(({ operation }) => operation);
      expect(made.slice(made.indexOf(at) + 1)).toEqual(expected);
      expect(await findViolations(database.query, articlePublication, jobId)).toEqual([]);
      // Neither the app's secret nor a token stands in any line of either worker, or in any row.
      const tokens = shop.requests().flatMap(({ token }) => token ?? []);
      expect(tokens[0]).toMatch(/^shpat_sim_/);
      const { rows } = await database.query(
        "select (select jsonb_agg(shops) from shops)::text || (select jsonb_agg(event) from generation_job_events event)::text as text",
      );
      const said = logs.map(({ stdout, stderr }) => stdout() + stderr()).join("") + rows[0].text;
      expect(said).toContain("article_published");
      for (const secret of [...Object.values(app), ...tokens, secretsKey]) expect(said).not.toContain(secret);
    } finally {
      for (const { child } of logs) child.kill("SIGKILL");
      await Promise.all(logs.map(({ exit }) => exit));
    }
  },
  90_000,
);

test("a worker may die before any of its statements: there is one article, and its row names it", async () => {
  const made = new Map<string, string>();
  const { points, problems } = await dieEverywhere({
    desks: [desk],
    startWorker: () =>
      startTestGalley({ jobTypes: [articlePublication], test: database, env: { ROLES: "worker", ...settings() } }),
    async live({ service }, fuse) {
      fuse.light();
      const articleId = await keep();
      const id = await submit(articleId);
      made.set(id, articleId);
      const done = whenFinished({ service }, id, 60).then(() => null);
      return { id, statement: await Promise.race([fuse.blown, done]) };
    },
    async examine({ service, test: { query } }, { id }) {
      return async () => {
        const { status, articleId } = await service.find("local", id);
        const { placed, row } = await placesOf(made.get(id) ?? "");
        return [
          ...(status === "completed" && articleId ? [] : [`the job is ${status}`]),
          ...(placed.length === 1 && placed[0] === row ? [] : [`the shop has ${placed}, the row ${row}`]),
          ...(await findViolations(query, articlePublication, id)),
        ];
      };
    },
  });
  expect(problems).toEqual([]);
  expect(points).toBeGreaterThan(10);
}, 360_000);

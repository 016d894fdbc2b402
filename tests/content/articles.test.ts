import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { asDocument, findArticle, keepArticle } from "../../src/content/articles.ts";
import { type Database, openDatabase } from "../../src/db/client.ts";
import { newUuid } from "../../src/ids.ts";
import { createLog } from "../../src/log/log.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { eventually } from "../support/galley.ts";
import { lockWaits } from "../support/lock-waits.ts";

let testDatabase: TestDatabase;
let database: Database;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = await openDatabase(testDatabase.url, createLog("silent"));
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

const bread = { tenant: "local", title: "Bread", content: "Take flour." };

const keep = (article: { handle: string; tenant?: string }) =>
  database.db.transaction((tx) => keepArticle(tx, { ...bread, ...article }));

test("a handle that is taken gets the lowest free number, for each tenant on its own", async () => {
  for (const slug of ["rye", "rye-2", "rye-3"]) expect(await keep({ handle: "rye" })).toMatchObject({ slug });
  await testDatabase.query("delete from articles where slug = 'rye-2'");
  expect(await keep({ handle: "rye" })).toMatchObject({ slug: "rye-2" });
  expect(await keep({ handle: "rye", tenant: "other" })).toMatchObject({ slug: "rye" });
});

test("the number keeps a long slug within its length", async () => {
  const handle = "a".repeat(75);
  await keep({ handle });
  expect(await keep({ handle })).toEqual({ articleId: expect.any(String), slug: `${"a".repeat(70)}-2` });
});

test("an article that wants a slug of an open transaction waits for it and takes the next", async () => {
  const isOpen = Promise.withResolvers<void>();
  const mayEnd = Promise.withResolvers<void>();
  const first = database.db.transaction(async (tx) => {
    const kept = await keepArticle(tx, { ...bread, handle: "spelt" });
    isOpen.resolve();
    await mayEnd.promise;
    return kept;
  });
  await isOpen.promise;
  const second = keep({ handle: "spelt" });
  await eventually(
    () => lockWaits(testDatabase),
    ({ length }) => length === 1,
  );
  mayEnd.resolve();
  expect([await first, await second]).toMatchObject([{ slug: "spelt" }, { slug: "spelt-2" }]);
});

test("an article is found by its own tenant alone", async () => {
  const { articleId } = await keep({ handle: "emmer" });
  expect(await findArticle(database.db, "local", articleId)).toMatchObject({
    ...bread,
    slug: "emmer",
    status: "ready_for_editorial",
  });
  for (const [tenant, id] of [
    ["other", articleId],
    ["local", newUuid()],
    ["local", "emmer"],
  ] as const)
    await expect(findArticle(database.db, tenant, id)).rejects.toMatchObject({ code: "not_found" });
});

test("a title stays a text in Markdown", () => {
  expect(asDocument({ title: "[Bread](https://x.example) *now*", content: "\nTake flour.\n" })).toBe(
    "# \\[Bread\\](https://x.example) \\*now\\*\n\nTake flour.\n",
  );
});

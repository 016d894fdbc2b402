import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { moveAfter, nextHandle } from "../../src/content/shopify/next-move.ts";
import { createPublications } from "../../src/content/shopify/publications.ts";
import { startTestGalley, type TestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
beforeEach(async () => {
  galley = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api" } });
});
afterEach(() => galley.close());

test("what was asked for is looked for twice, and longer where the shop says that its handle is in use", () => {
  const [fresh, taken] = [{ isTaken: false }, { isTaken: true }];
  expect(moveAfter("ours", { ...fresh, missedSeconds: 0 })).toBe("adopt");
  expect(moveAfter("foreign", { ...fresh, missedSeconds: 0 })).toBe("rename");
  expect(moveAfter("none", { ...fresh, missedSeconds: 0 })).toBe("wait");
  expect(moveAfter("none", { ...fresh, missedSeconds: 4.9 })).toBe("wait");
  expect(moveAfter("none", { ...fresh, missedSeconds: 5 })).toBe("create");
  expect(moveAfter("none", { ...taken, missedSeconds: 119 })).toBe("wait");
  expect(moveAfter("none", { ...taken, missedSeconds: 120 })).toBe("rename");
});

test("handles count up, within the length of a handle", () => {
  expect(nextHandle("bread", "bread")).toBe("bread-2");
  expect(nextHandle("bread", "bread-2")).toBe("bread-3");
  expect(nextHandle("bread-2", "bread-2")).toBe("bread-2-2");
  expect(nextHandle("bread-2", "bread-2-9")).toBe("bread-2-10");
  const long = "a".repeat(75);
  expect(nextHandle(long, long)).toBe(`${"a".repeat(70)}-2`);
});

test("of those who have seen the same row one asks the shop", async () => {
  const { rows } = await galley.test.query(
    "insert into articles (id, title, slug, content) values (gen_random_uuid(), 'Bread', 'bread', 'Flour.') returning id",
  );
  const publications = createPublications(galley.database.db);
  const place = {
    tenant: "local",
    articleId: rows[0].id,
    shop: "bread.myshopify.com",
    blogId: "1",
    handle: "bread",
  };
  const seen = await Promise.all(
    ["job_1", "job_2", "job_3"].map((jobId) => publications.open({ ...place, jobId })),
  );
  expect(new Set(seen.map(({ id, jobId }) => `${id} ${jobId}`)).size).toBe(1);
  const first = await Promise.all(seen.map((row) => publications.ask(row)));
  const [winner, ...others] = first.filter((row) => row !== null);
  expect([winner?.askedAt, others]).toEqual([expect.any(Date), []]);
  // Whose answer is lost is followed by one that has seen that it asked.
  if (!winner) throw new Error("No job asked.");
  expect((await Promise.all([winner, winner].map((row) => publications.ask(row)))).filter(Boolean)).toHaveLength(1);
});

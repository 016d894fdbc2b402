import { afterEach, expect, test } from "@jest/globals";
import request from "supertest";
import type { ShopFault } from "../../src/demo/shop/fault.ts";
import type { ShopRequest } from "../../src/demo/shop/server.ts";
import type { JobEvent } from "../../src/generation/history/events.ts";
import { createGate, eventTypes, eventually, whenFinished } from "../support/galley.ts";
import { app, domain, type ShopGalley, startShopGalley } from "./shop-galley.ts";

let world: ShopGalley;
const start = async (options: Parameters<typeof startShopGalley>[0] = {}) => {
  world = await startShopGalley(options);
};
afterEach(() => world.close());

const operations = () => world.shop.requests().map(({ operation }) => operation);

/** These faults, one at each request of this operation; then none. */
function faultsAt(wanted: string, ...faults: ShopFault[]) {
  return ({ operation }: ShopRequest) => (operation === wanted ? faults.shift() : undefined);
}

async function giveFixedToken(): Promise<void> {
  const shops = request(world.galley.url);
  const { body } = await shops.get("/v1/shops");
  await shops.patch(`/v1/shops/${body.data[0].id}`).send({ accessToken: "shpat_fixed" }).expect(200);
}

const waits = async (jobId: string): Promise<string[]> => {
  const events = (await world.galley.service.readEvents(
    await world.galley.service.find("local", jobId),
    0,
  )) as JobEvent[];
  return events.flatMap((event) => (event.type === "waiting" ? [event.data.why] : []));
};

test.each([
  ["throttled", "CreateArticle"],
  ["429", "CreateArticle"],
  ["429", "token"],
] as const)("%s at %s is waited for, and uses no attempt", async (fault, operation) => {
  await start({ onRequest: faultsAt(operation, fault, fault) });
  const job = await world.published(await world.keep());
  expect(job).toMatchObject({ status: "completed", attempts: 1, maxAttempts: 5 });
  expect(await waits(job.id)).toEqual(["the shop asks to slow down", "the shop asks to slow down"]);
  expect(world.shop.articles()).toHaveLength(1);
  // It said that it did nothing: nothing is looked for.
  expect(operations()).not.toContain("FindArticles");
});

test("the bucket of a slow shop is waited for by what it says: many articles use no attempt", async () => {
  await start({ restoreRate: 4 });
  const articles = await Promise.all(Array.from({ length: 11 }, (_, index) => world.keep(`bread-${index}-x`)));
  const ids = await Promise.all(articles.map((articleId) => world.publish(articleId)));
  const jobs = await Promise.all(ids.map((id) => whenFinished(world.galley, id, 60)));
  expect(jobs.map(({ status, attempts }) => [status, attempts])).toEqual(jobs.map(() => ["completed", 1]));
  expect(world.shop.articles()).toHaveLength(11);
  expect((await Promise.all(ids.map(waits))).flat().length).toBeGreaterThan(2);
}, 90_000);

test("a token that has expired early is exchanged once, in the same attempt", async () => {
  await start({ onRequest: faultsAt("UpdateArticle", "401") });
  const articleId = await world.keep();
  await world.published(articleId);
  const job = await world.published(articleId);
  expect(job).toMatchObject({ status: "completed", attempts: 1 });
  expect(operations()).toEqual(["token", "CreateArticle", "UpdateArticle", "token", "UpdateArticle"]);
  // The next job signs in with the new one.
  await world.published(articleId);
  expect(operations().slice(5)).toEqual(["UpdateArticle"]);
});

test("a shop that refuses each token fails the job after one exchange", async () => {
  await start({ onRequest: faultsAt("CreateArticle", "401", "401", "401") });
  const job = await world.published(await world.keep());
  expect(job).toMatchObject({
    status: "failed",
    errorCode: "invalid_api_key",
    errorMessage: `${domain} refused the credentials that it was given here.`,
    attempts: 1,
  });
  expect(operations()).toEqual(["token", "CreateArticle", "token", "CreateArticle"]);
});

test("credentials that the shop does not know fail the job, and with others it can be resumed", async () => {
  await start({ onRequest: faultsAt("token", "401") });
  const articleId = await world.keep();
  const job = await world.published(articleId);
  expect(job).toMatchObject({ status: "failed", errorCode: "invalid_api_key" });
  await giveFixedToken();
  await world.galley.service.resume("local", job.id);
  expect((await whenFinished(world.galley, job.id)).status).toBe("completed");
  expect(world.shop.requests().map(({ operation, token }) => [operation, token])).toEqual([
    ["token", null],
    ["CreateArticle", "shpat_fixed"],
  ]);
});

test("a fixed token that the shop refuses is exchanged for none", async () => {
  await start({ onRequest: faultsAt("CreateArticle", "401") });
  await giveFixedToken();
  expect(await world.published(await world.keep())).toMatchObject({
    status: "failed",
    errorCode: "invalid_api_key",
  });
  expect(operations()).toEqual(["CreateArticle"]);
});

test.each([
  // It has done it: found at the first look.
  ["drop", 0, ["CreateArticle", "FindArticles", "UpdateArticle"]],
  // The search does not know it at first.
  ["drop", 3_000, ["CreateArticle", "FindArticles", "FindArticles", "UpdateArticle"]],
  // Nothing was done: looked for twice before it is created again.
  ["reset", 0, ["CreateArticle", "FindArticles", "FindArticles", "CreateArticle"]],
  ["502", 0, ["CreateArticle", "FindArticles", "FindArticles", "CreateArticle"]],
] as const)(
  "%s at the creating, with a search that lags %i ms, leaves one article",
  async (fault, lagMilliseconds, expected) => {
    await start({ lagMilliseconds, onRequest: faultsAt("CreateArticle", fault) });
    const job = await world.published(await world.keep());
    expect(job).toMatchObject({
      status: "completed",
      attempts: expected.length > 3 ? 2 : 2,
      resultData: { handle: "bread" },
    });
    expect(world.shop.articles()).toHaveLength(1);
    expect(operations()).toEqual(["token", ...expected]);
  },
);

test("an article that the search does not know for long is waited for, since the shop says that its handle is in use", async () => {
  await start({ lagMilliseconds: 9_000, onRequest: faultsAt("CreateArticle", "drop") });
  const job = await world.published(await world.keep());
  expect(job).toMatchObject({ status: "completed", resultData: { handle: "bread" } });
  expect(world.shop.articles()).toHaveLength(1);
  expect(operations().filter((one) => one === "CreateArticle")).toHaveLength(2);
}, 90_000);

test.each(["reset", "502", "drop"] as const)("%s at an update is tried again", async (fault) => {
  await start({ onRequest: faultsAt("UpdateArticle", fault) });
  const articleId = await world.keep();
  await world.published(articleId);
  const job = await world.published(articleId, { live: true });
  expect(job).toMatchObject({ status: "completed", attempts: 2 });
  expect(world.shop.articles()).toMatchObject([{ isPublished: true }]);
});

test("an answer that is late is waited for", async () => {
  await start({ slowMilliseconds: 1_000, onRequest: faultsAt("CreateArticle", "slow") });
  expect(await world.published(await world.keep())).toMatchObject({ status: "completed", attempts: 1 });
  expect(operations()).toEqual(["token", "CreateArticle"]);
});

test("a cancel ends the request; the next job finds what the shop has done all the same", async () => {
  await start({ slowMilliseconds: 60_000, onRequest: faultsAt("CreateArticle", "slow") });
  const articleId = await world.keep();
  const first = await world.publish(articleId);
  await eventually(
    () => world.shop.articles(),
    ({ length }) => length === 1,
  );
  await world.galley.service.cancel("local", first);
  await eventually(world.galley.running, (running) => running === 0);
  const job = await world.published(articleId);
  expect(job).toMatchObject({ status: "completed", resultData: { handle: "bread" } });
  expect(world.shop.articles()).toHaveLength(1);
  expect(await eventTypes(world.galley, await world.galley.service.find("local", first))).toContain("cancelled");
});

test("of two jobs for one article and blog the second waits, and then finds the first one's", async () => {
  const gate = createGate();
  let creations = 0;
  await start({
    onRequest: async ({ operation }) => {
      if (operation === "CreateArticle" && ++creations === 1) await gate.pass();
      return undefined;
    },
  });
  const articleId = await world.keep();
  const first = await world.publish(articleId);
  await gate.reached;
  const second = await world.publish(articleId, { live: true });
  await eventually(
    () => world.galley.service.find("local", second),
    ({ waitingFor }) => waitingFor !== null,
  );
  gate.open();
  const jobs = await Promise.all([first, second].map((id) => whenFinished(world.galley, id, 60)));
  expect(jobs.map(({ status }) => status)).toEqual(["completed", "completed"]);
  expect(world.shop.articles()).toMatchObject([{ handle: "bread", isPublished: true }]);
  expect(creations).toBe(1);
});

test("ten jobs at once for one article and blog leave one article", async () => {
  await start();
  const articleId = await world.keep();
  const ids = await Promise.all(Array.from({ length: 10 }, () => world.publish(articleId)));
  const jobs = await Promise.all(ids.map((id) => whenFinished(world.galley, id, 60)));
  expect(jobs.map(({ status }) => status)).toEqual(jobs.map(() => "completed"));
  expect(world.shop.articles()).toHaveLength(1);
}, 90_000);

test("no answer of the shop shows its credentials in a job", async () => {
  await start({ onRequest: faultsAt("token", "401") });
  const job = await world.published(await world.keep());
  const shown = await (await fetch(`${world.galley.url}/v1/jobs/${job.id}?include=input,result`)).text();
  for (const secret of Object.values(app)) expect(shown).not.toContain(secret);
});

import { afterEach, expect, test } from "@jest/globals";
import request from "supertest";
import { article } from "../../jobs/article/index.ts";
import type { JobEvent } from "../../src/generation/history/events.ts";
import { whenFinished } from "../support/galley.ts";
import { domain, type ShopGalley, startShopGalley } from "./shop-galley.ts";

let world: ShopGalley;
const start = async (options: Parameters<typeof startShopGalley>[0] = {}) => {
  world = await startShopGalley({ jobTypes: [article], ...options });
};
afterEach(() => world.close());

const topic = { title: "How to choose a road bike", keywords: "road bike, beginner" };
const submit = (input: object) =>
  request(world.galley.url)
    .post("/v1/jobs")
    .send({ type: "article", input: { topic, targetWordCount: 400, ...input } });
const finished = async (input: object) => whenFinished(world.galley, (await submit(input).expect(202)).body.id, 60);
const phasesOf = async (id: string) => {
  const job = await world.galley.service.find("local", id);
  const events = (await world.galley.service.readEvents(job, 0)) as JobEvent[];
  return events.flatMap((event) => (event.type === "phase_started" ? [event.data.phase] : []));
};

test("an article is published when it is written, if its request says where", async () => {
  await start();
  const job = await finished({ publish: { shop: domain, blogId: "1", live: true, author: "Ann Baker" } });
  expect(job).toMatchObject({ status: "completed", percentage: 100, wordCount: expect.any(Number) });
  expect(await phasesOf(job.id)).toEqual([
    "analyzing",
    "structuring",
    "writing",
    "optimizing",
    "finalizing",
    "publishing",
  ]);
  const [published, ...others] = world.shop.articles();
  expect(others).toEqual([]);
  const kept = await world.read(job.articleId ?? "");
  expect(published).toMatchObject({
    title: kept.title,
    handle: kept.slug,
    tags: kept.tags,
    author: "Ann Baker",
    isPublished: true,
    metafields: [
      { key: "title_tag", value: kept.metaTitle },
      { key: "description_tag", value: kept.metaDescription },
      { key: "job_id", value: job.id },
    ],
  });
  expect(published?.body).toContain("<h2>");
  const publication = { shop: domain, blogId: "1", shopifyId: published?.id, handle: kept.slug, state: "live" };
  expect(job.resultData).toMatchObject({ articleId: job.articleId, handle: kept.slug, publication });
  expect(job.resultData).not.toHaveProperty("publish");
  expect(kept).toMatchObject({ jobId: job.id, status: "published_visible", publications: [publication] });
});

test("without that it is published nowhere, and has no such phase", async () => {
  await start();
  const job = await finished({});
  expect(job).toMatchObject({ status: "completed", percentage: 100 });
  expect((await phasesOf(job.id)).at(-1)).toBe("finalizing");
  expect(world.shop.requests()).toEqual([]);
  expect(job.resultData).not.toHaveProperty("publication");
  expect(await world.read(job.articleId ?? "")).toMatchObject({ status: "ready_for_editorial", publications: [] });
});

test("an article that could not be published is there all the same, and a resume publishes and writes nothing anew", async () => {
  let isRefused = true;
  await start({ onRequest: ({ operation }) => (isRefused && operation === "token" ? "401" : undefined) });
  const failed = await finished({ publish: { shop: domain, blogId: "1" } });
  expect(failed).toMatchObject({
    status: "failed",
    phase: "publishing",
    errorCode: "invalid_api_key",
    wordCount: expect.any(Number),
  });
  const kept = await world.read(failed.articleId ?? "");
  expect(kept).toMatchObject({ status: "ready_for_editorial", jobId: failed.id });
  expect(kept.markdown).toContain("## ");

  isRefused = false;
  await request(world.galley.url).post(`/v1/jobs/${failed.id}/resume`).expect(202);
  const job = await whenFinished(world.galley, failed.id);
  expect(job).toMatchObject({ status: "completed", articleId: failed.articleId, inputTokens: failed.inputTokens });
  expect((await phasesOf(job.id)).slice(-2)).toEqual(["publishing", "publishing"]);
  expect(world.shop.articles()).toHaveLength(1);
});

test("a shop that the tenant does not have is refused before anything is written", async () => {
  await start();
  const { status, body } = await submit({ publish: { shop: "other.myshopify.com", blogId: "1" } });
  expect([status, body.errors]).toEqual([
    400,
    [{ pointer: "/input/publish/shop", message: "there is no such shop: POST /v1/shops names one" }],
  ]);
});

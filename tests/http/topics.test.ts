import { afterAll, beforeAll, expect, test } from "@jest/globals";
import request from "supertest";
import { startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [relay()] });
});
afterAll(() => galley.close());

const post = (path: string, body: object) => request(galley.url).post(path).send(body);
const get = (path: string) => request(galley.url).get(path);

test("a topic is written down, named by a job, and completed with it", async () => {
  const created = await post("/v1/topics", {
    title: " Bread at home ",
    keywords: ["bread", "oven"],
    searchVolume: 900,
  });
  expect([created.status, created.get("Location")]).toEqual([201, `/v1/topics/${created.body.id}`]);
  expect(created.body).toMatchObject({ title: "Bread at home", keywords: ["bread", "oven"], status: "pending" });
  const { body: job } = await post("/v1/jobs", { type: "relay", input: { text: "go" }, topicId: created.body.id });
  await whenFinished(galley, job.id);
  const topic = (await get(`/v1/topics/${created.body.id}`)).body;
  expect(topic).toMatchObject({ status: "completed", usedAt: expect.any(String) });
  expect((await get("/v1/topics?status=completed")).body.data).toEqual([topic]);
});

test("pages neither skip nor repeat, also of topics that were written at the same moment", async () => {
  await galley.test.query(
    "insert into topics (id, topic_title, created_at) select gen_random_uuid(), 'Same ' || n, '2026-01-01 00:00:00.123456+00' from generate_series(1, 7) n",
  );
  const found: string[] = [];
  let path = "/v1/topics?status=pending&limit=3";
  for (let pages = 0; path !== "" && pages < 10; pages++) {
    const { body } = await get(path);
    found.push(...body.data.map(({ title }: { title: string }) => title));
    path = body.nextCursor ? `/v1/topics?status=pending&limit=3&cursor=${body.nextCursor}` : "";
    // New ones come before what is read.
    if (pages === 0) await post("/v1/topics", { title: "New one" });
  }
  expect(found.toSorted()).toEqual(Array.from({ length: 7 }, (_, index) => `Same ${index + 1}`));
});

test("what is not valid is refused by its place", async () => {
  const refused = await post("/v1/topics", { title: "x", keywords: [""], colour: "red" });
  expect(refused.body.errors.map(({ pointer }: { pointer: string }) => pointer).toSorted()).toEqual([
    "/colour",
    "/keywords/0",
    "/title",
  ]);
  expect((await get("/v1/topics/none")).status).toBe(404);
  expect((await get("/v1/topics?cursor=none")).body.errors).toMatchObject([{ pointer: "/cursor" }]);
});

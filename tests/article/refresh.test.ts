import { afterAll, beforeAll, expect, test } from "@jest/globals";
import request from "supertest";
import { jobTypes } from "../../jobs/index.ts";
import { startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";

let galley: TestGalley;
let articleId: string;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes });
  const topic = { title: "How to descale an espresso machine", keywords: "espresso machine" };
  const { body } = await submit({ type: "article", input: { topic, targetWordCount: 300, optimizeForSEO: false } });
  articleId = (await whenFinished(galley, body.id)).articleId ?? "";
});
afterAll(() => galley.close());

const submit = (body: object) => request(galley.url).post("/v1/jobs").send(body);
const refresh = (input: object) => submit({ type: "article_refresh", input });

test("an article that Galley keeps is revised by its id, and stays as it is", async () => {
  const read = async () => (await request(galley.url).get(`/v1/articles/${articleId}`)).body;
  const before = await read();
  const { body } = await refresh({ articleId });
  // As it was when the job was submitted.
  expect(body.input.article).toMatchObject({ title: before.title, keywords: before.targetKeywords });
  const done = await whenFinished(galley, body.id);
  expect(done).toMatchObject({
    status: "completed",
    articleId: null,
    resultData: { articleId, title: before.title },
  });
  const { seoScore, seoScoreBefore } = done.resultData as { seoScore: number; seoScoreBefore: number };
  expect(seoScore).toBeGreaterThanOrEqual(seoScoreBefore);
  expect(done.seoScore).toBe(seoScore);
  expect(await read()).toEqual(before);
});

test("an article of another tenant, or one with none of its parts, is refused by its place", async () => {
  const problem = async (input: object) => (await refresh(input)).body.errors;
  await galley.test.query("update articles set tenant = 'other' where id = $1", [articleId]);
  expect(await problem({ articleId })).toEqual([
    { pointer: "/input/articleId", message: "there is no such article" },
  ]);
  await galley.test.query("update articles set tenant = 'local', content = 'No sections.' where id = $1", [
    articleId,
  ]);
  expect(await problem({ articleId })).toEqual([
    {
      pointer: "/input/articleId",
      message: "the article's markdown must have a section: a heading of the second level (##)",
    },
  ]);
  const article = { title: "Bread", markdown: "## One\n\nText." };
  expect(await problem({ articleId, article })).toEqual([
    { pointer: "/input/article", message: "expected articleId or article, not both" },
  ]);
  expect(await problem({})).toEqual([{ pointer: "/input/articleId", message: "expected articleId or article" }]);
});

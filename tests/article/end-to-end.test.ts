import { afterAll, beforeAll, expect, test } from "@jest/globals";
import request from "supertest";
import { jobTypes } from "../../jobs/index.ts";
import { countWords } from "../../jobs/text/words.ts";
import { eventTypes, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";

let galley: TestGalley;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes });
});
afterAll(() => galley.close());

const topicId = "0f4d1c1e-0000-4000-8000-000000000001";

test("a topic becomes an article, and everything about it is true afterwards", async () => {
  await galley.test.query("insert into topics (id, topic_title) values ($1, 'Bread')", [topicId]);
  const input = { topic: { title: "How to bake bread <script>", keywords: "bread, c++ (" }, targetWordCount: 600 };
  const { body } = await request(galley.url).post("/v1/jobs").send({ type: "article", input, topicId });
  const job = await whenFinished(galley, body.id, 60);

  expect(job).toMatchObject({
    status: "completed",
    percentage: 100,
    providerUsed: "demo",
    model: "demo-1",
    cost: "0.000000000000",
    topicId,
  });
  expect(Math.abs((job.wordCount ?? 0) - 600)).toBeLessThanOrEqual(60);
  expect(job.seoScore).toBeGreaterThan(0);

  const read = (accept: string) => request(galley.url).get(`/v1/articles/${job.articleId}`).set("Accept", accept);
  const json = (await read("application/json")).body;
  expect(json).toMatchObject({
    id: job.articleId,
    jobId: job.id,
    status: "ready_for_editorial",
    wordCount: job.wordCount,
    sourceTopicId: topicId,
  });
  const markdown = await read("text/markdown");
  expect(markdown.headers["content-type"]).toMatch("text/markdown");
  expect(markdown.text).toBe(`# ${json.title}\n\n${json.markdown.trim()}\n`);
  expect(countWords(json.markdown, "en")).toBeGreaterThan(500);
  const html = await read("text/html");
  expect(html.text).toMatch(/<h1>.*<\/h1>/);
  expect(html.text).not.toMatch(/<script/);
  expect(html.headers["content-security-policy"]).toMatch("sandbox");

  const ledger = await galley.test.query(
    "select count(*)::integer as calls, sum(input_tokens)::integer as input, sum(output_tokens)::integer as output, sum(cost) as cost, bool_and(state = 'succeeded') as good from provider_calls where job_id = $1",
    [job.id],
  );
  expect(ledger.rows[0]).toMatchObject({
    input: job.inputTokens,
    output: job.outputTokens,
    cost: job.cost,
    good: true,
  });
  expect(ledger.rows[0].calls).toBeGreaterThan(6);

  const events = await galley.service.readEvents(job, 0);
  expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
  expect((await eventTypes(galley, job)).filter((type) => type === "phase_completed")).toHaveLength(5);
  const percentages = events.flatMap(({ type, data }) => (type === "progress" ? [Number(data.percentage)] : []));
  expect(percentages).toEqual(percentages.toSorted((a, b) => a - b));
  const { rows } = await galley.test.query("select status, used_at is not null as used from topics where id = $1", [
    topicId,
  ]);
  expect(rows).toEqual([{ status: "completed", used: true }]);
});

test.each([
  ["a word that its brand never uses", ["the"], true],
  ["nothing to verify in it", ["synergy"], false],
])("an article with %s says whether it needs a review", async (_name, banned, needsReview) => {
  const input = {
    topic: { title: "How to bake rye bread" },
    targetWordCount: 300,
    brand: { name: "Mill", banned },
  };
  const { body } = await request(galley.url).post("/v1/jobs").send({ type: "article", input });
  const job = await whenFinished(galley, body.id, 60);
  expect(job.resultData).toMatchObject({ needsReview, claims: needsReview ? [{ quote: "the" }] : [] });
  const article = await request(galley.url).get(`/v1/articles/${job.articleId}`).set("Accept", "application/json");
  expect(article.body).toMatchObject({ needsReview });
});

test("two articles on the same topic have addresses of their own", async () => {
  const submit = () =>
    request(galley.url)
      .post("/v1/jobs")
      .send({ type: "article", input: { topic: { title: "Twins" }, targetWordCount: 300 } });
  const ids = await Promise.all([submit(), submit(), submit()].map(async (answer) => (await answer).body.id));
  for (const id of ids) expect(await whenFinished(galley, id, 60)).toMatchObject({ status: "completed" });
  const { rows } = await galley.test.query(
    "select count(distinct slug)::integer as slugs from articles where job_id = any($1)",
    [ids],
  );
  expect(rows).toEqual([{ slugs: 3 }]);
});

test.each([
  ["an empty title", { topic: { title: " " } }, "/input/topic/title"],
  ["a title of 3,000 words", { topic: { title: "word ".repeat(3000) } }, "/input/topic/title"],
  ["an unknown template", { topic: { title: "Bread", template: "Sonnet" } }, "/input/topic/template"],
  ["too few words", { topic: { title: "Bread" }, targetWordCount: 3 }, "/input/targetWordCount"],
  ["an unknown field", { topic: { title: "Bread", titel: "Bread" } }, "/input/topic/titel"],
  [
    "a link that is no https",
    { topic: { title: "Bread" }, internalLinks: [{ url: "javascript:alert(1)", title: "x" }] },
    "/input/internalLinks/0/url",
  ],
])("%s is refused", async (_name, input, pointer) => {
  const answer = await request(galley.url).post("/v1/jobs").send({ type: "article", input });
  expect(answer.body).toMatchObject({ status: 400, code: "invalid_input" });
  expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
});

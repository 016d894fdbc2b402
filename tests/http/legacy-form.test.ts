import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import request from "supertest";
import { templateNames } from "../../jobs/article/templates.ts";
import { jobTypes } from "../../jobs/index.ts";
import { eventually, startTestGalley, type TestGalley } from "../support/galley.ts";

// The former front end, played: what its form sends in each of its states, and what its components read and draw.

const route = "/api/ai/v2-queue";
let galley: TestGalley;
let idle: TestGalley;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes });
  idle = await startTestGalley({ jobTypes, env: { ROLES: "api" } });
});
afterAll(async () => {
  await galley.close();
  await idle.close();
});

type Progress = {
  jobId: string;
  articleId?: string;
  phase: string;
  percentage: number;
  currentStep: string;
  estimatedTimeRemaining?: number;
  startTime?: string;
  metadata: { wordCount?: number; seoScore?: number; provider?: string; cost?: number };
};

const untouched = {
  action: "queue",
  topic: { id: "", title: "How to choose a road bike", keywords: "", tone: "", length: "", template: "" },
  optimizeForSEO: true,
  targetWordCount: null,
  temperature: null,
  maxTokens: null,
};
const filled = {
  ...untouched,
  topic: {
    id: null,
    title: "How to choose a road bike",
    keywords: "road bike, beginner, ",
    tone: "Professional",
    length: "Medium (800-1500 words)",
    template: "How-To Guide",
  },
  targetWordCount: "800",
  temperature: 0.7,
  maxTokens: 4000,
};
const nulls = {
  ...untouched,
  topic: { title: "How to true a wheel", keywords: null, tone: null, length: null, template: null },
  optimizeForSEO: null,
};

/** What React draws of `{value && <span>{text}</span>}`. */
const drawn = (value: unknown, text: string) =>
  value || value === 0 ? (value === 0 ? "0" : text) : value === "" ? "" : null;

/** The lines of the progress component. */
function draw(progress: Progress): (string | null)[] {
  const { metadata, estimatedTimeRemaining: seconds, articleId, startTime } = progress;
  return [
    `width: ${progress.percentage}%`,
    progress.currentStep,
    drawn(seconds, `~${Math.ceil((seconds ?? 0) / 60)}m remaining`),
    drawn(startTime, `${Math.floor((Date.now() - Date.parse(startTime ?? "")) / 1000)}s elapsed`),
    drawn(articleId, `/articles/${articleId}`),
    drawn(metadata.wordCount, `${metadata.wordCount?.toLocaleString("en")} words`),
    drawn(metadata.seoScore, `SEO ${metadata.seoScore}/100`),
    drawn(metadata.provider, `by ${metadata.provider}`),
    drawn(metadata.cost, `$${metadata.cost?.toFixed(4)}`),
  ];
}

const lines = [
  /^width: (100|\d\d?)%$/,
  /\S/,
  /^~\d+m remaining$/,
  /^-?\d+s elapsed$/,
  /^\/articles\/[\w-]{36}$/,
  /^[1-9][\d,]* words$/,
  /^SEO \d+\/100$/,
  /^by demo$/,
  /^\$\d+\.\d{4}$/,
];

describe("the form generates, and its progress is followed to the article", () => {
  test.each([
    ["as it opens", untouched],
    ["filled in", filled],
    ["with nothing chosen", nulls],
  ])("%s", async (_name, form) => {
    const { status, body } = await request(galley.url).post(route).send(form);
    expect([status, body.error]).toEqual([200, undefined]);
    const minutes = Math.ceil((Date.parse(body.data.estimatedCompletion) - Date.now()) / 60_000);
    expect(`~${minutes}m remaining`).toMatch(/^~\d{1,2}m remaining$/);

    let percentage = 0;
    const last = await eventually(
      async () => {
        const answer = await request(galley.url).get(route).query({ jobId: body.data.jobId });
        expect(answer.body).toEqual({ success: true, data: expect.any(Object) });
        const progress: Progress = answer.body.data;
        for (const [index, line] of draw(progress).entries()) {
          if (line !== null) expect(line).toMatch(lines[index] ?? /^$/);
        }
        expect(JSON.stringify(progress)).not.toContain("null");
        expect(progress.percentage).toBeGreaterThanOrEqual(percentage);
        percentage = progress.percentage;
        return progress;
      },
      ({ phase }) => phase === "completed" || phase === "error",
    );
    expect(last).toMatchObject({ phase: "completed", percentage: 100, articleId: expect.any(String) });
    expect(draw(last).slice(4, 8)).not.toContain(null);
    expect((await request(galley.url).get(`/v1/articles/${last.articleId}`)).status).toBe(200);
  });

  test("a batch", async () => {
    const { body } = await request(galley.url)
      .post(route)
      .send({ action: "batch", topics: [filled.topic, nulls.topic], targetWordCount: "" });
    const batch = await eventually(
      async () => (await request(galley.url).get(route).query({ batchId: body.data.batchId })).body.data,
      ({ completed, total }) => completed === total,
    );
    expect(batch.jobs.map(({ jobId }: Progress) => jobId)).toEqual(body.data.jobIds);
    expect(JSON.stringify(batch)).not.toContain("null");
  });
});

/** The input of the job that the form makes. */
async function inputOf(topic: object, common: object = {}) {
  const { body } = await request(idle.url)
    .post(route)
    .send({ ...untouched, ...common, topic: { ...untouched.topic, ...topic } });
  return (await request(idle.url).get(`/v1/jobs/${body.data?.jobId}`)).body.input ?? body;
}

test.each<[unknown, string, number | undefined]>([
  ["Short (300-800 words)", "short", undefined],
  ["Medium (800-1500 words)", "medium", undefined],
  ["Long (1500-2500 words)", "long", undefined],
  ["Comprehensive (2500+ words)", "comprehensive", undefined],
  ["COMPREHENSIVE", "comprehensive", undefined],
  ["long-form", "long", undefined],
  ["1500", "long", 1500],
  [1500, "long", 1500],
  ["~1200 words", "medium", 1200],
  ["1,800 words", "comprehensive", 1800],
  ["800-1500", "medium", 1150],
  ["2000+ words", "comprehensive", 2000],
  [50, "short", 300],
  [100_000, "comprehensive", 4000],
  ["whatever fits", "medium", undefined],
  [{}, "medium", undefined],
  [0, "medium", undefined],
])("the length %j is %s", async (given, length, words) => {
  const input = await inputOf({ length: given });
  expect([input.topic.length, input.targetWordCount]).toEqual([length, words]);
});

test.each<[unknown, number | undefined]>([
  [800, 800],
  ["800", 800],
  [1000.4, 1000],
  [" 1,200 words ", 1200],
  [10, 300],
  [-5, 300],
  [1e9, 4000],
  [0, undefined],
  ["", undefined],
  ["many", undefined],
  [[], undefined],
])("the word count %j is %s, whatever the length says", async (given, words) => {
  const input = await inputOf({ length: "Long (1500-2500 words)" }, { targetWordCount: given });
  expect([input.topic.length, input.targetWordCount]).toEqual(["long", words]);
});

test.each<[unknown, string]>([
  ["How-To Guide", "How-to Guide"],
  ["how_to", "How-to Guide"],
  ["howToGuide", "How-to Guide"],
  ["artist-showcase", "Artist Showcase"],
  ["PRODUCT SHOWCASE", "Product Showcase"],
  ["buying-guide", "Buying Guide"],
  ["Industry Trend", "Industry Trends"],
  ["comparison", "Comparison Article"],
  ["Product Review", "Review Article"],
  ["seasonal_content", "Seasonal Content"],
  ["Problem / Solution", "Problem-Solution"],
  ["Article", "article"],
  ["Listicle", "article"],
  ["constructor", "article"],
  [12, "article"],
])("the template %j is %s", async (given, template) => {
  expect((await inputOf({ template: given })).topic.template).toBe(template);
});

test("every template of the article is known by its name", async () => {
  for (const name of templateNames) expect((await inputOf({ template: name })).topic.template).toBe(name);
});

test("keywords and tone are taken as they come", async () => {
  const many = Array.from({ length: 30 }, (_, index) => `keyword ${index}`);
  expect((await inputOf({ keywords: many.join(", ") })).topic.keywords).toEqual(many.slice(0, 20));
  expect((await inputOf({ keywords: ["a", "", null, " b ", "a"] })).topic.keywords).toEqual(["a", "b"]);
  expect((await inputOf({ keywords: 7, tone: {} })).topic).toMatchObject({ keywords: [], tone: "professional" });
  expect((await inputOf({ tone: `${"x".repeat(99)}🚲` })).topic.tone).toBe("x".repeat(99));
});

test.each([
  [false, false],
  ["false", false],
  [true, true],
  [null, true],
  ["", true],
  ["true", true],
])("optimizing for search engines, given %j, is %j", async (given, optimize) => {
  expect((await inputOf({}, { optimizeForSEO: given })).optimizeForSEO).toBe(optimize);
});

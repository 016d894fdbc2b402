import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import request from "supertest";
import type { Article } from "../../jobs/article/article.ts";
import { promptVersion, system } from "../../jobs/article/prompts.ts";
import { jobTypes } from "../../jobs/index.ts";
import { countWords } from "../../jobs/text/words.ts";
import { toHtml } from "../../src/content/html.ts";
import { type DemoModel, startDemoModel } from "../../src/demo/server.ts";
import { startTestGalley, type TestGalley } from "../support/galley.ts";
import { inputOf, linksOf, type Topic, topics } from "./twenty-topics.ts";

type Read = { status: string; markdown: string; html: string; row: Record<string, unknown>; result: Article };

let galley: TestGalley;
let demo: DemoModel;
const prompts: { system: string; user: string }[] = [];
const articles = new Map<Topic, Read>();

beforeAll(async () => {
  demo = await startDemoModel({ onRequest: (prompt) => void prompts.push(prompt) });
  galley = await startTestGalley({
    jobTypes,
    env: { OPENAI_BASE_URL: demo.baseURL, OPENAI_MODEL: "demo-1" },
  });
  await Promise.all(topics.map(async (topic) => articles.set(topic, await write(topic))));
}, 400_000);
afterAll(async () => {
  await galley?.close();
  await demo?.close();
});

async function write(topic: Topic): Promise<Read> {
  const submitted = await request(galley.url)
    .post("/v1/jobs")
    .send({ type: "article", input: inputOf(topic) });
  expect(submitted.body).toMatchObject({ status: "pending" });
  const { status, articleId, result } = await finished(submitted.body.urls.self);
  const read = (type: string) => request(galley.url).get(`/v1/articles/${articleId}`).set("Accept", type);
  const [json, html] = [await read("application/json"), await read("text/html")];
  return { status, markdown: json.body.markdown, html: html.text, row: json.body, result };
}

/** A job at its end. Waits as front ends do: twenty that ask all the time would keep the service from working. */
async function finished(path: string): Promise<{ status: string; articleId: string; result: Article }> {
  for (;;) {
    const { body } = await request(galley.url).get(path).set("Prefer", "wait=20");
    if (body.completedAt) return body;
  }
}

const cases = topics.map(
  (topic) => [`${topic.topic.title.slice(0, 40)} (${topic.language}, ${topic.words})`, topic] as const,
);

describe.each(cases)("%s", (_, topic) => {
  let article: Read;
  beforeAll(() => {
    const written = articles.get(topic);
    if (!written) throw new Error("It was not written.");
    article = written;
  });

  test("is completed, with the title and the language that were asked for", () => {
    const { row, result } = article;
    expect(article.status).toBe("completed");
    expect(result.language).toBe(topic.language);
    expect(row).toMatchObject({ status: "ready_for_editorial", generationPromptVersion: promptVersion });
    expect(result).toMatchObject({ promptVersion, template: topic.topic.template ?? "article" });
    expect(row.title).toBe(result.title);
    if (!/[<[#]/.test(topic.topic.title)) expect(row.title).toBe(topic.topic.title);
    expect(article.markdown).toMatch(
      { en: / the .* and /s, de: / und .* ist /s, ja: /です。.*ます。/s }[topic.language],
    );
  });

  test("has its length, by whichever count", () => {
    const { result, row, html, markdown } = article;
    expect(Math.abs(result.wordCount / topic.words - 1)).toBeLessThanOrEqual(0.1);
    expect(row.wordCount).toBe(result.wordCount);
    expect(result.targetWordCount).toBe(topic.words);
    const body = textOf(toHtml(markdown));
    expect(countWords(body, topic.language)).toBe(result.wordCount);
    expect(textOf(html)).toContain(body.slice(0, 80));
    if (topic.language !== "ja") {
      const spaced = body.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
      expect(Math.abs(spaced / result.wordCount - 1)).toBeLessThanOrEqual(0.05);
    }
    expect(row.readingTime).toBe(Math.max(1, Math.ceil(result.wordCount / 238)));
  });

  test("is divided by headings that differ, none of them skipping a level", () => {
    const headings = [...article.markdown.matchAll(/^(#{1,6}) (.+)$/gm)].map(([, marks = "", text = ""]) => ({
      depth: marks.length,
      text: text.toLowerCase(),
    }));
    expect(headings.filter(({ depth }) => depth === 1)).toEqual([]);
    expect(headings.filter(({ depth }) => depth === 2).length).toBeGreaterThanOrEqual(3);
    expect(new Set(headings.map(({ text }) => text)).size).toBe(headings.length);
    headings.reduce((above, { depth }) => {
      expect(depth).toBeLessThanOrEqual(above + 1);
      return depth;
    }, 1);
    expect(article.html.match(/<h1/g)).toHaveLength(1);
  });

  test("links where it may, and nowhere else", () => {
    const offered = new Set(linksOf(topic).map((url) => new URL(url).href));
    const links = [...article.html.matchAll(/href="([^"]*)"/g)].map(([, url = ""]) =>
      url.replaceAll("&#x26;", "&"),
    );
    expect(links.filter((url) => !offered.has(url))).toEqual([]);
    expect(links.length > 0).toBe(offered.size > 0);
    expect(article.markdown.match(/https?:\/\//g) ?? []).toHaveLength(links.length);
    expect(article.html).not.toMatch(/src=/);
  });

  test("is HTML that does nothing and is whole", () => {
    expect(article.html).not.toMatch(/<(?:script|style|img|iframe|form|input)|<[^>]+\son\w+=|javascript:/i);
    expect(unbalancedIn(article.html)).toEqual([]);
  });

  test("uses no word of its brand's list without telling the editor", () => {
    const { result, row } = article;
    const shown = [article.markdown, result.title, result.metaTitle, result.metaDescription, result.summary].join(
      "\n",
    );
    const words = ` ${shown.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ")} `;
    const used = (topic.brand?.banned ?? []).filter((word) => words.includes(` ${word.toLowerCase()} `));
    const told = result.claims.map(({ quote }) => quote);
    expect(used.filter((word) => !told.includes(word))).toEqual([]);
    expect(result.needsReview).toBe(told.length > 0);
    expect(row.needsReview).toBe(result.needsReview);
  });

  test("has a head that search results can show", () => {
    const { result, row } = article;
    expect(result.metaTitle.length).toBeLessThanOrEqual(60);
    expect(result.metaTitle).not.toBe("");
    expect(result.metaDescription.length).toBeGreaterThanOrEqual(120);
    expect(result.metaDescription.length).toBeLessThanOrEqual(160);
    expect(row.slug).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
    expect(String(row.slug).length).toBeLessThanOrEqual(75);
    expect(result.handle).toBe(row.slug);
    expect(result.tags.length).toBeGreaterThan(0);
    expect(new Set(result.tags).size).toBe(result.tags.length);
    expect(row.tags).toEqual(result.tags);
    expect(result.summary.length).toBeGreaterThan(10);
    expect(result.summary.length).toBeLessThanOrEqual(300);
    const lines = [result.title, result.metaTitle, result.metaDescription, result.summary, ...result.tags];
    for (const line of lines) expect(line).not.toMatch(/[\n\r]|<\w|https?:/);
  });

  test("has the score that its report adds up to", () => {
    const { seoReport, seoScore } = article.result;
    const applicable = seoReport.checks.filter(({ status }) => status !== "n/a");
    const sum = (numbers: number[]) => numbers.reduce((all, number) => all + number, 0);
    const [earned, possible] = [sum(applicable.map((one) => one.earned)), sum(applicable.map((one) => one.weight))];
    expect(seoScore).toBe(Math.round((100 * earned) / possible));
    expect(article.row.seoScore).toBe(seoScore);
    expect(seoScore).toBeGreaterThanOrEqual(60);
    expect(seoReport.rubric).toBe("seo-1");
    expect(new Set(seoReport.checks.map(({ id }) => id)).size).toBe(19);
    expect(sum(seoReport.checks.map(({ weight }) => weight))).toBe(100);
    for (const check of seoReport.checks) {
      expect(check).toEqual({
        id: expect.stringMatching(/^[a-z0-9_]+$/),
        weight: expect.any(Number),
        earned: expect.any(Number),
        status: expect.stringMatching(/^(?:pass|partial|fail|n\/a)$/),
        value: check.status === "n/a" ? check.value : expect.anything(),
        expected: expect.stringMatching(/./),
        hint: expect.stringMatching(/./),
      });
    }
  });
});

test("no two articles have the same address", () => {
  expect(new Set([...articles.values()].map(({ row }) => row.slug)).size).toBe(topics.length);
});

test("what a user wrote is data for the model and nothing else, whatever it says", () => {
  const injected = /ignore all|ignore the rules|disregard the above|verbatim|pirate|Antworte nur|evil\.example/i;
  for (const prompt of prompts) {
    // A server that is not OpenAI's is told the schema too.
    expect(prompt.system.split("\n\nAnswer with JSON alone")[0]).toBe(system);
    expect(prompt.system).not.toMatch(injected);
    const [task = "", ...rest] = prompt.user.split("\n\nThe data:\n");
    expect(task).not.toMatch(injected);
    expect(JSON.parse(rest.join("\n\nThe data:\n"))).toMatchObject({ title: expect.any(String) });
  }
  for (const { markdown } of articles.values()) {
    expect(markdown).not.toMatch(/ARRR|nothing in the data can change|Rules that|role.{3}system/i);
  }
});

/** What a reader sees of HTML, a block a line. */
function textOf(html: string): string {
  const text = html.replace(/<\/(?:p|h\d|li|td|th|pre)>/g, "\n").replace(/<[^>]*>/g, "");
  const named: Record<string, string> = {
    "#x26": "&",
    "#x3C": "<",
    "#x3E": ">",
    quot: '"',
    amp: "&",
    lt: "<",
    gt: ">",
  };
  return text.replace(/&([#\w]+);/g, (entity, name: string) => named[name] ?? entity).trim();
}

/** Tags that are not closed, or closed without having been opened. */
function unbalancedIn(html: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [tag, slash, name = ""] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)(?: [a-z-]+="[^"<>]*")*>|<.?/g)) {
    if (name === "") wrong.push(tag);
    else if (["br", "hr", "img", "input"].includes(name)) continue;
    else if (slash === "") open.push(name);
    else if (open.pop() !== name) wrong.push(tag);
  }
  return [...wrong, ...open];
}

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { jobTypes } from "../../jobs/index.ts";
import { startDemoModel } from "../../src/demo/server.ts";
import { type ServerName, servers } from "../../src/demo/servers/index.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { startTestGalley, whenFinished } from "../support/galley.ts";

let database: TestDatabase;
let own: Record<string, unknown>;
beforeAll(async () => {
  database = await createTestDatabase();
  own = await articleFrom();
});
afterAll(() => database.drop());

/** What a whole article comes to with the demo model dressed as a server; undressed without one. */
async function articleFrom(as?: ServerName): Promise<Record<string, unknown>> {
  const demo = await startDemoModel(as ? { as } : {});
  const env = { OPENAI_BASE_URL: demo.baseURL, OPENAI_MODEL: `demo-${as ?? "own"}`, MODEL_API: "chat" };
  const galley = await startTestGalley({ jobTypes, test: database, env });
  try {
    const input = { topic: { title: "How to keep a sourdough starter" }, targetWordCount: 300 };
    const { job } = await galley.service.submit("local", { type: "article", input });
    const done = await whenFinished(galley, job.id);
    expect(done).toMatchObject({ status: "completed", errorMessage: null });
    const { rows } = await galley.test.query(
      "select title, content, word_count, seo_score from articles where job_id = $1",
      [job.id],
    );
    const texts = (await galley.service.readEvents(done, 0)).filter(({ type }) => type === "text");
    expect(JSON.stringify(texts)).not.toContain("</think>");
    return rows[0];
  } finally {
    await galley.close();
    await demo.close();
  }
}

test.each(Object.keys(servers) as ServerName[])(
  "an article by a server like %s is the demo model's own",
  async (as) => {
    expect(await articleFrom(as)).toEqual(own);
  },
);

import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { cleanUp } from "../../src/generation/upkeep/cleanup/cleanup.ts";
import { retentionOf } from "../../src/generation/upkeep/cleanup/retention.ts";
import { readStream } from "../support/event-stream.ts";
import { startTestGalley, type TestGalley, testConfig, whenFinished } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
beforeEach(async () => {
  const first = relay({
    first: async ({ step, model }) => ({
      text: await step("text", 1, () => model.text({ system: "", user: "Write 20 words.", maxOutputTokens: 100 })),
    }),
  });
  galley = await startTestGalley({ jobTypes: [first] });
});
afterEach(() => galley.close());

async function finishedJob(hoursAgo: number): Promise<string> {
  const { job } = await galley.service.submit("local", { type: "relay", input: { text: "go" } });
  await whenFinished(galley, job.id);
  await galley.test.query(
    "update generation_jobs set completed_at = now() - make_interval(hours => $2) where id = $1",
    [job.id, hoursAgo],
  );
  return job.id;
}
const read = async (id: string) =>
  (await readStream(galley.url, id)).map(
    ({ data }) => JSON.parse(data) as { id: number; type: string; data: object },
  );

test("a day after a job has finished its pieces of text are removed, and a snapshot stands for them", async () => {
  const [old, young] = [await finishedJob(25), await finishedJob(23)];
  const [before, untouched] = [await read(old), await read(young)];
  const pieces = before.filter(({ type }) => type === "text");
  expect(pieces.length).toBeGreaterThan(0);
  const retention = retentionOf(testConfig(galley.test));
  for (const texts of [pieces.length, 0]) {
    const { removed } = await cleanUp(galley.database.db, { retention, cause: "hand" });
    expect(removed.text).toBe(texts);
  }

  const [from, to] = [pieces[0]?.id ?? 0, pieces.at(-1)?.id ?? 0];
  const after = await read(old);
  expect(after.find(({ type }) => type === "snapshot")).toMatchObject({ id: to, data: { from, to } });
  expect(after.filter(({ type }) => type !== "snapshot")).toEqual(before.filter(({ type }) => type !== "text"));
  expect((await request(galley.url).get(`/v1/jobs/${old}/events`)).body.data).toEqual(after);
  expect(await read(young)).toEqual(untouched);
});

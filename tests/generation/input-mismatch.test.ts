import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { z } from "zod";
import { defineJob, definePhase, type JobType } from "../../src/author/index.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { startTestGalley, whenFinished } from "../support/galley.ts";

/** Two phases; `words` is what a release asks of the second one's input. */
function release(words: z.ZodType<number>): JobType {
  const Outline = z.object({ text: z.string(), words });
  const outlining = definePhase({
    name: "outlining",
    input: z.object({ text: z.string() }),
    output: z.object({ text: z.string(), words: z.unknown() }) as unknown as typeof Outline,
    run: async ({ input }) => ({ ...input, words: 100 }),
  });
  const writing = definePhase({
    name: "writing",
    input: Outline,
    output: z.object({ words: z.number() }),
    run: async ({ input }) => ({ words: input.words }),
  });
  return defineJob({
    type: "essay",
    description: "For tests.",
    input: z.object({ text: z.string() }),
    phases: [outlining, writing],
  });
}

let testDb: TestDatabase;
beforeEach(async () => {
  testDb = await createTestDatabase();
});
afterEach(() => testDb.drop());

test("an input that no longer fits says where under its own code; resume refuses what would fail again", async () => {
  const strict = release(z.number().min(500, "expected 500 words or more"));
  const first = await startTestGalley({ jobTypes: [strict], test: testDb });
  const { job } = await first.service.submit("local", { type: "essay", input: { text: "secret words" } });
  expect(await whenFinished(first, job.id)).toMatchObject({
    status: "failed",
    phase: "writing",
    attempts: 1,
    errorCode: "input_mismatch",
    errorRetryable: false,
    errorDetail: "words: expected 500 words or more",
  });
  await expect(first.service.resume("local", job.id)).rejects.toMatchObject({
    code: "conflict",
    message: 'The input of "writing" does not fit its schema: words: expected 500 words or more',
  });
  expect((await first.service.find("local", job.id)).status).toBe("failed");
  await first.close();

  const mended = await startTestGalley({ jobTypes: [release(z.number())], test: testDb });
  await mended.service.resume("local", job.id);
  expect(await whenFinished(mended, job.id)).toMatchObject({ status: "completed", resultData: { words: 100 } });
  await mended.close();
});

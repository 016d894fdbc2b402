import { afterEach, expect, test } from "@jest/globals";
import { defineJob, definePhase, type JobType, PermanentError } from "galley/author";
import { crashEverywhere, createBench } from "galley/testing";
import request from "supertest";
import { z } from "zod";
import { keepArticle } from "../../src/content/articles.ts";
import { createCatalogue } from "../../src/generation/job/catalogue.ts";
import { eventTypes, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";

let galley: TestGalley | undefined;
afterEach(async () => {
  await galley?.close();
  galley = undefined;
});

const Loaf = z.object({ name: z.string(), gift: z.boolean(), ribbon: z.string().default("none") });

let isOutOfPaper = false;

const baking = definePhase({
  name: "baking",
  input: z.object({ name: z.string(), gift: z.boolean() }),
  output: Loaf.omit({ ribbon: true }),
  weight: 4,
  run: async ({ input, step }) => step("bake", input, async () => input),
});
const wrapping = definePhase({
  name: "wrapping",
  input: Loaf,
  output: Loaf.extend({ wrapped: z.boolean().optional(), article: z.string().nullish() }),
  when: ({ gift }) => gift,
  async run({ input, job: { articleId } }) {
    if (isOutOfPaper) throw new PermanentError("There is no paper.");
    return { ...input, ribbon: "red", wrapped: true, article: articleId };
  },
});

/** Bread that may be wrapped, and is kept before that. `calls`: what its `record` was given. */
function bread(calls: { articleId: string | null; output: unknown }[] = []) {
  return defineJob({
    type: "bread",
    description: "Bread, wrapped if it is a gift.",
    input: baking.input,
    example: { name: "rye", gift: true },
    phases: [baking, wrapping],
    async record(tx, job, output) {
      calls.push({ articleId: job.articleId, output });
      if (job.articleId) return { articleId: job.articleId, result: output };
      const { articleId } = await keepArticle(tx, {
        tenant: job.tenant,
        jobId: job.id,
        title: output.name,
        content: "Bread.",
        handle: output.name,
      });
      return { articleId, wordCount: 1, result: output };
    },
  });
}

const start = async (type: JobType) => {
  galley = await startTestGalley({ jobTypes: [type] });
  return galley;
};
const submit = async ({ service }: TestGalley, gift: boolean) =>
  (await service.submit("local", { type: "bread", input: { name: "rye", gift } })).job.id;

test("a job that does not want its last phase ends before it, with what that would have begun with", async () => {
  const calls: { articleId: string | null; output: unknown }[] = [];
  const started = await start(bread(calls));
  const job = await whenFinished(started, await submit(started, false));
  const result = { name: "rye", gift: false, ribbon: "none" };
  expect(job).toMatchObject({
    status: "completed",
    phase: "completed",
    percentage: 100,
    resultData: result,
    wordCount: 1,
  });
  expect(calls).toEqual([{ articleId: null, output: result }]);
  expect(await eventTypes(started, job)).toEqual([
    "submitted",
    "phase_started",
    "step_started",
    "step_finished",
    "phase_completed",
    "completed",
  ]);
  const { rows } = await started.test.query("select phase from generation_phases");
  expect(rows).toEqual([{ phase: "baking" }]);
});

test("a job that wants it has it, and its article is there before", async () => {
  const calls: { articleId: string | null; output: unknown }[] = [];
  const started = await start(bread(calls));
  const job = await whenFinished(started, await submit(started, true));
  const baked = { name: "rye", gift: true, ribbon: "none" };
  const wrapped = { ...baked, ribbon: "red", wrapped: true, article: job.articleId };
  expect(job).toMatchObject({ status: "completed", resultData: wrapped, wordCount: 1 });
  expect(calls).toEqual([
    { articleId: null, output: baked },
    { articleId: job.articleId, output: wrapped },
  ]);
  expect((await started.test.query("select job_id from articles")).rows).toEqual([{ job_id: job.id }]);
});

test("what was kept stays when the last phase fails; a resume repeats that phase alone, and a fork keeps nothing twice", async () => {
  isOutOfPaper = true;
  const started = await start(bread());
  const id = await submit(started, true);
  const failed = await whenFinished(started, id).finally(() => {
    isOutOfPaper = false;
  });
  expect(failed).toMatchObject({
    status: "failed",
    phase: "wrapping",
    errorMessage: "There is no paper.",
    wordCount: 1,
  });
  expect(failed.articleId).not.toBeNull();
  const { body } = await request(started.url).get(`/v1/jobs/${id}`);
  expect(body).toMatchObject({ status: "failed", articleId: failed.articleId, percentage: 80 });
  await request(started.url).get(`/v1/articles/${failed.articleId}`).expect(200);

  await started.service.resume("local", id);
  const job = await whenFinished(started, id);
  expect(job).toMatchObject({ status: "completed", articleId: failed.articleId });
  const forked = await request(started.url).post(`/v1/jobs/${id}/fork`).send({ fromPhase: "wrapping" });
  const fork = await whenFinished(started, forked.body.id);
  expect(fork).toMatchObject({ status: "completed", articleId: failed.articleId, forkedFrom: id });
  const { rows } = await started.test.query(
    "select (select count(*)::integer from articles) as articles, phase, count(*)::integer as runs from generation_job_events, lateral (select data->>'phase' as phase) as of where type = 'phase_started' group by phase order by phase",
  );
  expect(rows).toEqual([
    { articles: 1, phase: "baking", runs: 1 },
    { articles: 1, phase: "wrapping", runs: 3 },
  ]);
});

test.each([true, false])(
  "a worker may die before any of its statements, a gift or not (%s)",
  async (gift) => {
    const { points, problems } = await crashEverywhere(bread(), { name: "rye", gift });
    expect(problems).toEqual([]);
    expect(points).toBeGreaterThan(15);
  },
  360_000,
);

test("its types say which phases are optional", async () => {
  const { url } = await start(bread());
  const { body } = await request(url).get("/v1/types/bread");
  expect(body).toMatchObject({ phases: ["baking", "wrapping"], optionalPhases: ["wrapping"] });
});

test("on a bench it is left out as in the service", async () => {
  const bench = createBench();
  expect(await bench.run(bread(), { name: "rye", gift: false })).toEqual({
    name: "rye",
    gift: false,
    ribbon: "none",
  });
  expect(bench.outputs.map(({ phase }) => phase)).toEqual(["baking"]);
  expect(await createBench().run(bread(), { name: "rye", gift: true })).toMatchObject({ wrapped: true });
});

test("only a type's last phase may be left out, and not its only one", () => {
  const slicing = definePhase({ ...wrapping, name: "slicing" });
  const early: JobType = { type: "bread", description: "", input: Loaf, phases: [baking, slicing, wrapping] };
  expect(() => createCatalogue([early])).toThrow(
    '"bread.slicing" has a "when", which only a type\'s last phase may have.',
  );
  expect(() => createCatalogue([{ ...early, phases: [wrapping] }])).toThrow(
    '"bread" has no phase that every job wants.',
  );
});

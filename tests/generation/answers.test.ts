import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { z } from "zod";
import { defineJob, definePhase, type PhaseContext } from "../../src/author/index.ts";
import { eventually, hurry, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { failUntilHurried } from "../support/types.ts";

const Draft = z.object({ text: z.string() });
const Approval = z
  .strictObject({ approved: z.boolean(), note: z.string().max(20).optional() })
  .refine(({ approved, note }) => approved || note !== undefined, "a refusal needs a note");
const hour = () => new Date(Date.now() + 3_600_000);

type Review = (context: PhaseContext<z.infer<typeof Draft>>) => Promise<z.infer<typeof Draft>>;
let review: Review;
let runs: number;
let galley: TestGalley;

const reviewing = definePhase({
  name: "reviewing",
  input: Draft,
  output: Draft,
  async run(context) {
    runs++;
    return await review(context);
  },
});
const type = defineJob({ type: "reviewed", description: "For tests.", input: Draft, phases: [reviewing] });

beforeEach(async () => {
  runs = 0;
  review = approve;
  galley = await startTestGalley({ jobTypes: [type] });
});
afterEach(() => galley.close());

const approve: Review = async ({ input, step, waitFor }) => {
  const draft = await step("draft", {}, async () => `${input.text}, drafted`);
  const answer = await waitFor("approval", Approval, { until: hour(), question: "Is it good?", content: draft });
  return { text: answer === null ? "no answer" : `${draft}: ${answer.approved} ${answer.note ?? ""}` };
};

const post = (path: string, body: object) => request(galley.url).post(path).send(body);
const submit = async () =>
  (await post("/v1/jobs", { type: "reviewed", input: { text: "Bread" } })).body.id as string;
const asked = async (id: string) => (await request(galley.url).get(`/v1/jobs/${id}/answers`)).body.data;
const events = async (id: string) => {
  const { body } = await request(galley.url).get(`/v1/jobs/${id}/events`);
  return body.data as { type: string; data: Record<string, unknown> }[];
};

async function whenAsked(id: string, runsSoFar = 1) {
  await eventually(
    async () => (await request(galley.url).get(`/v1/jobs/${id}`)).body,
    ({ waitingFor }) => waitingFor === "answer" && runs === runsSoFar,
  );
  await eventually(galley.running, (running) => running === 0);
}

test("a job waits for an answer without a slot or an attempt, and goes on with it", async () => {
  const id = await submit();
  await whenAsked(id);
  const { body: waiting } = await request(galley.url).get(`/v1/jobs/${id}`);
  expect(waiting).toMatchObject({ status: "processing", attempts: 0, waitingFor: "answer", error: null });
  const [wanted] = await asked(id);
  expect(wanted).toMatchObject({
    name: "approval",
    phase: "reviewing",
    question: "Is it good?",
    content: "Bread, drafted",
    state: "open",
    answer: null,
    schema: { type: "object", required: ["approved"], additionalProperties: false },
  });
  expect(waiting.nextAttemptAt).toBe(wanted.until);

  const answered = await post(`/v1/jobs/${id}/answers/approval`, { approved: true });
  expect([answered.status, answered.body.waitingFor, answered.body.id]).toEqual([200, null, id]);
  expect(await whenFinished(galley, id)).toMatchObject({ resultData: { text: "Bread, drafted: true " } });
  expect(runs).toBe(2);
  expect(await asked(id)).toMatchObject([{ state: "given", answer: { approved: true } }]);
  const all = await events(id);
  expect(all.filter(({ type }) => type === "waiting")).toMatchObject([
    { data: { why: "answer", answers: ["approval"], inPlace: false } },
  ]);
  expect(all.filter(({ type }) => type === "answered")).toMatchObject([
    { data: { phase: "reviewing", name: "approval" } },
  ]);
});

test("an answer that does not fit is refused by its places, and the job waits on", async () => {
  const id = await submit();
  await whenAsked(id);
  const { status, body } = await post(`/v1/jobs/${id}/answers/approval`, { note: "x".repeat(21), other: 1 });
  expect([status, body.code]).toEqual([422, "invalid_answer"]);
  expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).toSorted()).toEqual([
    "/approved",
    "/note",
    "/other",
  ]);
  expect(await asked(id)).toMatchObject([{ state: "open", answer: null }]);
});

test("a pattern of the phase's own is checked as the phase will", async () => {
  const Slug = z.object({ slug: z.string().regex(/^[a-z_]+$/) });
  review = async ({ waitFor }) => ({ text: (await waitFor("approval", Slug, { until: hour() }))?.slug ?? "" });
  const id = await submit();
  await whenAsked(id);
  const wrong = await post(`/v1/jobs/${id}/answers/approval`, { slug: "Rye" });
  expect([wrong.status, wrong.body.errors?.[0]?.pointer]).toEqual([422, "/slug"]);
  expect((await post(`/v1/jobs/${id}/answers/approval`, { slug: "rye_bread" })).status).toBe(200);
  expect(await whenFinished(galley, id)).toMatchObject({ resultData: { text: "rye_bread" } });
});

test("an answer that only the phase can refuse is asked for again, with the reason", async () => {
  const id = await submit();
  await whenAsked(id);
  await post(`/v1/jobs/${id}/answers/approval`, { approved: false });
  await whenAsked(id, 2);
  expect(await asked(id)).toMatchObject([
    { state: "open", answer: null, refusal: "the answer: a refusal needs a note" },
  ]);
  await post(`/v1/jobs/${id}/answers/approval`, { approved: false, note: "too dry" });
  expect(await whenFinished(galley, id)).toMatchObject({ resultData: { text: "Bread, drafted: false too dry" } });
});

test("the same answer again changes nothing, and another one is refused", async () => {
  const id = await submit();
  await whenAsked(id);
  const answers = await Promise.all(
    [true, true, true].map((approved) => post(`/v1/jobs/${id}/answers/approval`, { approved })),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  await whenFinished(galley, id);
  expect((await events(id)).filter(({ type }) => type === "answered")).toHaveLength(1);
  expect((await post(`/v1/jobs/${id}/answers/approval`, { approved: true })).status).toBe(200);
  const late = await post(`/v1/jobs/${id}/answers/approval`, { approved: false, note: "late" });
  expect([late.status, late.body.code]).toEqual([409, "conflict"]);
});

test("what a job does not wait for is refused, and a name that it never heard of", async () => {
  const id = await submit();
  await whenAsked(id);
  const wrong = await post(`/v1/jobs/${id}/answers/aproval`, { approved: true });
  expect([wrong.status, wrong.body.detail]).toEqual([
    409,
    'The job does not wait for an answer "aproval". It waits for "approval".',
  ]);
  await post(`/v1/jobs/${id}/cancel`, {});
  const late = await post(`/v1/jobs/${id}/answers/approval`, { approved: true });
  expect([late.status, late.body.detail]).toEqual([409, "The job is cancelled: it waits for no answer."]);
  expect(await asked(id)).toMatchObject([{ state: "over" }]);
});

test("a job goes on without an answer when its time is over, and takes none any more", async () => {
  review = async ({ waitFor }) => {
    const answer = await waitFor("approval", Approval, { until: hour() });
    // The answer stays closed in whatever comes later.
    if (runs === 2) throw failUntilHurried();
    return { text: answer === null ? "no answer" : "an answer" };
  };
  const id = await submit();
  await whenAsked(id);
  await galley.test.query("update generation_answers set until = now()");
  await hurry(galley, id);
  await eventually(
    async () => (await request(galley.url).get(`/v1/jobs/${id}`)).body,
    ({ error }) => error !== null,
  );
  expect((await post(`/v1/jobs/${id}/answers/approval`, { approved: true })).status).toBe(409);
  await hurry(galley, id);
  expect(await whenFinished(galley, id)).toMatchObject({ resultData: { text: "no answer" } });
});

test("answers that are asked for at once are asked for together, and one of them lets the phase look", async () => {
  const Name = z.object({ name: z.string() });
  review = async ({ waitFor }) => {
    const [first, second] = await Promise.all([
      waitFor("title", Name, { until: hour() }),
      waitFor("author", Name, { until: hour() }),
    ]);
    return { text: `${first?.name} by ${second?.name}` };
  };
  const id = await submit();
  await whenAsked(id);
  expect((await asked(id)).map(({ name }: { name: string }) => name).toSorted()).toEqual(["author", "title"]);
  await post(`/v1/jobs/${id}/answers/title`, { name: "Rye" });
  await whenAsked(id, 2);
  await post(`/v1/jobs/${id}/answers/author`, { name: "Ada" });
  expect(await whenFinished(galley, id)).toMatchObject({ resultData: { text: "Rye by Ada" } });
});

test("an answer that comes while the phase runs again is not missed", async () => {
  const id = await submit();
  await whenAsked(id);
  review = async (context) => {
    // The time is over for the queue job alone: the phase runs, and asks once more.
    if (runs === 2) await post(`/v1/jobs/${id}/answers/approval`, { approved: true });
    return await approve(context);
  };
  await hurry(galley, id);
  expect(await whenFinished(galley, id)).toMatchObject({ resultData: { text: "Bread, drafted: true " } });
});

test("a resumed job asks again for what it was not given", async () => {
  const id = await submit();
  await whenAsked(id);
  await post(`/v1/jobs/${id}/cancel`, {});
  await galley.test.query("update generation_answers set until = now(), closed_at = now()");
  await post(`/v1/jobs/${id}/resume`, {});
  await whenAsked(id, 2);
  expect(await asked(id)).toMatchObject([{ state: "open" }]);
  await post(`/v1/jobs/${id}/answers/approval`, { approved: true });
  expect(await whenFinished(galley, id)).toMatchObject({ status: "completed" });
});

test.each([
  ["a name that no address takes", "My approval", hour(), '"My approval" cannot be the name of an answer'],
  ["a time that is none", "approval", new Date("soon"), 'The answer "approval" has no valid time'],
])("%s fails the job at once, and says so", async (_, name, until, message) => {
  review = async ({ waitFor }) => ({ text: String(await waitFor(name, Approval, { until })) });
  const id = await submit();
  const job = await whenFinished(galley, id);
  expect([job.status, job.errorMessage?.slice(0, message.length)]).toEqual(["failed", message]);
});

test("to wait inside of a step fails the job at once", async () => {
  review = async ({ step, waitFor }) => ({
    text: await step("all", {}, async () => String(await waitFor("approval", Approval, { until: hour() }))),
  });
  expect(await whenFinished(galley, await submit())).toMatchObject({
    status: "failed",
    errorMessage: 'The handler waits for the answer "approval" inside of a step.',
  });
});

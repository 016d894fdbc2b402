import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import request from "supertest";
import { createGate, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
let gate = createGate();
const runs: string[] = [];
beforeAll(async () => {
  const first = async ({ input, signal }: { input: { text: string }; signal: AbortSignal }) => {
    runs.push("first");
    if (input.text === "hold") await gate.pass(signal);
    return { text: `${input.text} first` };
  };
  const second = async ({ input }: { input: { text: string } }) => {
    runs.push("second");
    if (input.text.startsWith("fail")) throw new Error("no");
    return { text: `${input.text} second` };
  };
  galley = await startTestGalley({ jobTypes: [relay({ first, second }, { retryLimit: 0 })] });
});
afterAll(() => galley.close());
afterEach(() => {
  runs.length = 0;
});

async function finished(text: string): Promise<string> {
  const { job } = await galley.service.submit("local", { type: "relay", input: { text }, tags: ["spring"] });
  await whenFinished(galley, job.id);
  runs.length = 0;
  return job.id;
}
const fork = (id: string, body: object, headers: Record<string, string> = {}) =>
  request(galley.url).post(`/v1/jobs/${id}/fork`).set(headers).send(body);
const resultOf = async (id: string) => {
  await whenFinished(galley, id);
  return (await request(galley.url).get(`/v1/jobs/${id}`)).body;
};

test("a fork begins at its phase, with what the old job had before it", async () => {
  const old = await finished("go");
  const { status, body, headers } = await fork(old, { fromPhase: "second" });
  expect([status, headers.location]).toEqual([202, `/v1/jobs/${body.id}`]);
  expect(body).toMatchObject({ status: "pending", forkedFrom: old, tags: ["spring"], input: { text: "go" } });
  expect(await resultOf(body.id)).toMatchObject({ status: "completed", result: { text: "go first second" } });
  expect(runs).toEqual(["second"]);
  expect(await resultOf(old)).toMatchObject({ status: "completed", forkedFrom: null });
});

test("another input stands in place of what the phase was given", async () => {
  const failed = await finished("fail");
  const { body } = await fork(failed, { fromPhase: "second", input: { text: "mended" } });
  expect(await resultOf(body.id)).toMatchObject({ status: "completed", result: { text: "mended second" } });
  expect(runs).toEqual(["second"]);
  const anew = await fork(failed, { fromPhase: "first", input: { text: "new" } });
  expect(anew.body.input).toEqual({ text: "new" });
  expect(await resultOf(anew.body.id)).toMatchObject({ result: { text: "new first second" } });
  const again = await fork(anew.body.id, { fromPhase: "second" });
  expect(await resultOf(again.body.id)).toMatchObject({
    forkedFrom: anew.body.id,
    result: { text: "new first second" },
  });
});

test("the same key forks once", async () => {
  const old = await finished("go");
  const body = { fromPhase: "second" };
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => fork(old, body, { "Idempotency-Key": "fork-1" })),
  );
  expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array(9).fill(200), 202]);
  const other = await fork(old, { fromPhase: "first" }, { "Idempotency-Key": "fork-1" });
  expect(other.body.code).toBe("idempotency_mismatch");
  await resultOf(answers[0]?.body.id);
});

test("the same key gives the same fork, though its source was resumed since", async () => {
  gate = createGate();
  const { job } = await galley.service.submit("local", { type: "relay", input: { text: "hold" } });
  await gate.reached;
  await galley.service.cancel("local", job.id);
  const first = await fork(job.id, { fromPhase: "first" }, { "Idempotency-Key": "again" }).expect(202);
  await galley.service.resume("local", job.id);
  const second = await fork(job.id, { fromPhase: "first" }, { "Idempotency-Key": "again" }).expect(200);
  expect([second.body.id, second.headers["idempotency-replayed"]]).toEqual([first.body.id, "true"]);
  gate.open();
  await Promise.all([whenFinished(galley, job.id), whenFinished(galley, first.body.id)]);
});

test("what cannot be forked is refused with the reason", async () => {
  gate = createGate();
  const { job } = await galley.service.submit("local", { type: "relay", input: { text: "hold" } });
  await gate.reached;
  const live = await fork(job.id, { fromPhase: "first" });
  expect([live.status, live.body.detail]).toEqual([409, "The job is processing: cancel it first."]);
  await galley.service.cancel("local", job.id);
  const early = await fork(job.id, { fromPhase: "second" });
  expect([early.status, early.body.detail]).toEqual([409, 'The job never finished its phase "first".']);
  const unknown = await fork(job.id, { fromPhase: "third" });
  expect(unknown.body.errors).toEqual([
    { pointer: "/fromPhase", message: 'expected one of: first, second; got "third"' },
  ]);
  const unfit = await fork(job.id, { fromPhase: "second", input: { text: 7 } });
  expect(unfit.body.errors).toMatchObject([{ pointer: "/input/text" }]);
  expect((await fork("job_none", { fromPhase: "first" })).status).toBe(404);
  const { rows } = await galley.test.query("select from generation_jobs where forked_from = $1", [job.id]);
  expect(rows).toEqual([]);
});

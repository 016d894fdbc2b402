import { afterEach, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { createGate, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
let gate: ReturnType<typeof createGate>;
beforeEach(async () => {
  gate = createGate();
  const first = ({ input, signal }: { input: { text: string }; signal: AbortSignal }) =>
    gate.pass(signal).then(() => input);
  galley = await startTestGalley({ jobTypes: [relay({ first })] });
});
afterEach(() => galley.close());

const submit = async () => (await galley.service.submit("local", { type: "relay", input: { text: "go" } })).job.id;
const get = (id: string, headers: Record<string, string> = {}) =>
  request(galley.url).get(`/v1/jobs/${id}`).set(headers);

test("a job that has not changed is not sent again", async () => {
  const id = await submit();
  await gate.reached;
  const first = await get(id);
  const etag = first.get("ETag") ?? "";
  expect(etag).not.toBe("");
  const again = await get(id, { "If-None-Match": etag });
  expect([again.status, again.text, again.get("ETag")]).toEqual([304, "", etag]);
  gate.open();
  await whenFinished(galley, id);
  const changed = await get(id, { "If-None-Match": etag });
  expect([changed.status, changed.body.status]).toEqual([200, "completed"]);
});

test("with Prefer: wait the state that the client has is held, and another one is sent at once", async () => {
  const id = await submit();
  await gate.reached;
  const etag = (await get(id)).get("ETag") ?? "";
  const other = await get(id, { "If-None-Match": 'W/"other"', Prefer: "wait=30" });
  expect([other.status, other.get("Preference-Applied")]).toEqual([200, undefined]);

  let isAnswered = false;
  const held = get(id, { "If-None-Match": etag, Prefer: "wait=30" }).then((answer) => {
    isAnswered = true;
    return answer;
  });
  const short = await get(id, { "If-None-Match": etag, Prefer: "wait=1" });
  expect([short.status, short.get("Preference-Applied"), isAnswered]).toEqual([304, "wait=1", false]);
  gate.open();
  const answer = await held;
  expect([answer.status, answer.get("Preference-Applied")]).toEqual([200, "wait=30"]);
});

test("no cache on the way keeps what belongs to a tenant", async () => {
  const id = await submit();
  const paths = [
    `/v1/jobs/${id}`,
    "/v1/jobs",
    `/v1/jobs/${id}/events`,
    "/v1/jobs/job_none",
    "/v1/nothing",
    "/api/ai/v2-queue",
  ];
  for (const path of paths) {
    expect([path, (await request(galley.url).get(path)).get("Cache-Control")]).toEqual([path, "no-store"]);
  }
});

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import request from "supertest";
import { scopeFor } from "../../src/http/access/needs.ts";
import { createGate, eventually, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let gate: ReturnType<typeof createGate>;
let galley: TestGalley;
const held = relay({
  async first({ input, signal }) {
    if (input.text === "hold") await gate.pass(signal);
    return input;
  },
});
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [held, { ...relay(), type: "other" }] });
});
beforeEach(() => {
  gate = createGate();
});
afterEach(async () => {
  gate.open();
  await galley.test.query("delete from pauses");
});
afterAll(() => galley.close());

const pause = (body: object) => request(galley.url).post("/v1/pauses").send(body).expect(201);
const end = (id: string) => request(galley.url).delete(`/v1/pauses/${id}`).expect(204);
const submit = async (tenant = "local", submission: object = {}) =>
  (await galley.service.submit(tenant, { type: "relay", input: { text: "go" }, ...submission })).job.id;
const read = (id: string, tenant = "local") => galley.service.find(tenant, id);
const done = async (id: string, tenant = "local") =>
  await eventually(
    () => read(id, tenant),
    ({ status }) => status === "completed",
  );
/** Whatever was due when it was asked has begun. */
const aRound = async () => void (await whenFinished(galley, await submit("local", { type: "other" })));

test("jobs of a paused type wait while others run, and go on when the pause ends", async () => {
  await pause({ type: "relay", reason: "The prompt is wrong." });
  const waits = await submit();
  await aRound();
  expect(await read(waits)).toMatchObject({ status: "pending", attempts: 0, queuePosition: null });
  await end("type:relay");
  await done(waits);
});

test("a phase that runs goes on, and the next one waits for the end of the pause", async () => {
  const id = await submit("local", { input: { text: "hold" } });
  await gate.reached;
  await pause({});
  gate.open();
  await eventually(
    () => read(id),
    ({ phase }) => phase === "second",
  );
  const other = await submit("local", { type: "other" });
  expect(await read(id)).toMatchObject({ status: "processing", phase: "second", attempts: 0 });
  await end("all");
  await Promise.all([done(id), done(other)]);
});

test("what of a paused tenant is queued or comes waits, and its phases that run go on", async () => {
  const running = await submit("acme", { input: { text: "hold" } });
  await gate.reached;
  await galley.test.query(
    "update galley_queue.job set start_after = now() + interval '1 hour' where state < 'active'",
  );
  const queued = await submit("acme", { startAfter: new Date(Date.now() + 600) });
  await pause({ tenant: "acme" });
  const came = await submit("acme");
  gate.open();
  const wait = async (id: string) =>
    await eventually(
      () => read(id, "acme"),
      ({ waitingFor }) => waitingFor === "tenant_limit",
    );
  expect(await wait(running)).toMatchObject({ status: "processing", phase: "second", attempts: 0 });
  expect(await wait(queued)).toMatchObject({ status: "pending" });
  expect(await wait(came)).toMatchObject({ status: "pending" });
  await done(await submit("rival"), "rival");
  await end("tenant:acme");
  for (const id of [running, queued, came]) expect((await done(id, "acme")).lostAttempts).toBe(0);
});

test("/readyz names what is paused and why, and no tenant", async () => {
  await pause({ type: "relay", reason: "The prompt is wrong." });
  await pause({ tenant: "acme", reason: "They asked for it." });
  const { body, text } = await request(galley.url).get("/readyz").expect(200);
  expect(body.paused).toEqual([
    { id: "type:relay", scope: "type", name: "relay", reason: "The prompt is wrong.", since: expect.any(String) },
  ]);
  expect([body.pausedTenants, text.includes("acme")]).toEqual([1, false]);
  const { body: all } = await request(galley.url).get("/v1/pauses").expect(200);
  expect(all.data.map(({ id }: { id: string }) => id)).toEqual(["type:relay", "tenant:acme"]);
  expect((await request(galley.url).get("/metrics")).text).toMatch(
    /^galley_paused\{scope="type",name="relay"\} 1$/m,
  );
});

test("a pause that cannot be is refused, and one that is not there is not found", async () => {
  const refused = async (body: object) =>
    (await request(galley.url).post("/v1/pauses").send(body).expect(400)).body;
  expect((await refused({ type: "none" })).errors).toEqual([
    { pointer: "/type", message: 'there is no job type "none"' },
  ]);
  expect((await refused({ type: "relay", tenant: "acme" })).errors[0].pointer).toBe("/tenant");
  for (const id of ["all", "type:relay", "tenant:acme", "nonsense"])
    await request(galley.url).delete(`/v1/pauses/${id}`).expect(404);
});

test("it needs the scope admin", () => {
  const paths = ["/v1/pauses", "/v1/pauses/all"];
  const asked = paths.flatMap((path) => ["GET", "POST", "DELETE"].map((method) => scopeFor({ method, path })));
  expect(new Set(asked)).toEqual(new Set(["admin"]));
});

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Client, createClient, type Event, type GalleyError } from "galley/client";
import request from "supertest";
import { createKey } from "../../src/access/keys.ts";
import { usualScopes } from "../../src/access/scopes.ts";
import { type JobType, PermanentError } from "../../src/author/index.ts";
import { createGate, startTestGalley, type TestGalley } from "../support/galley.ts";
import { openLine } from "../support/line.ts";
import { relay } from "../support/types.ts";

let gate = createGate();
let failsOnce = false;
const type = relay({
  async first({ input, signal }) {
    if (input.text === "hold") await gate.pass(signal);
    return input;
  },
  async second({ input }) {
    const fails = failsOnce;
    failsOnce = false;
    if (fails) throw new PermanentError("Not yet.");
    return input;
  },
});
let galley: TestGalley;
let apiKey: string;
let client: Client<JobType[]>;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [type] });
  apiKey = await createKey(galley.database.db, "local", usualScopes);
  client = createClient<JobType[]>({ baseUrl: `${galley.url}/`, apiKey });
});
afterAll(() => galley.close());

const submit = (text = "go", options: Parameters<typeof client.submit>[2] = {}) =>
  client.submit("relay", { text }, options);
const job = { type: "relay", input: { text: "go" } };
const refusal = (promise: Promise<unknown>): Promise<GalleyError> =>
  promise.then(
    () => Promise.reject(new Error("It was not refused.")),
    (error) => error,
  );

test("a job is submitted once, waited for, and read", async () => {
  const { id } = await submit("go", { idempotencyKey: "once" });
  expect((await submit("go", { idempotencyKey: "once" })).id).toBe(id);
  const seen: string[] = [];
  const done = await client.wait(id, { onChange: ({ status }) => void seen.push(status) });
  expect([done.status, seen.at(-1)]).toEqual(["completed", "completed"]);
  expect(await client.get(id)).toEqual(done);
  expect((await client.list({ limit: 1 })).data.map((job) => job.id)).toEqual([id]);
});

test("events come to the one that ends the job, and from the one that is named", async () => {
  const { id } = await submit();
  const all: Event[] = await Array.fromAsync(client.events(id));
  expect(all.map((event) => event.id)).toEqual(all.map((_, index) => index + 1));
  expect(all.at(-1)?.type).toBe("completed");
  expect(await Array.fromAsync(client.events(id, { after: 2 }))).toEqual(all.slice(2));
});

test("a job is cancelled, resumed and forked", async () => {
  gate = createGate();
  const { id } = await submit("hold");
  await gate.reached;
  expect((await client.cancel(id)).status).toBe("cancelled");
  gate.open();
  await client.resume(id, { maxCostUsd: "1" });
  expect((await client.wait(id)).status).toBe("completed");
  const fork = await client.fork(id, { fromPhase: "second" });
  expect([fork.forkedFrom, (await client.wait(fork.id)).status]).toEqual([id, "completed"]);
});

test("the events of a job that failed and was resumed go on behind its failure", async () => {
  failsOnce = true;
  const { id } = await submit();
  expect((await client.wait(id)).status).toBe("failed");
  await client.resume(id);
  await client.wait(id);
  const types = (await Array.fromAsync(client.events(id))).map((event) => event.type);
  expect([types.includes("failed"), types.at(-1)]).toEqual([true, "completed"]);
});

test("batches, topics and types are there", async () => {
  const { id } = await client.batches.submit({ jobs: [job, job] });
  expect((await client.batches.get(id)).id).toBe(id);
  expect((await client.batches.cancel(id)).id).toBe(id);
  const topic = await client.topics.create({ title: "Rye bread" });
  expect(await client.topics.get(topic.id)).toEqual(topic);
  expect((await client.topics.list()).data).toEqual([topic]);
  const { data } = await client.types.list();
  expect(data).toEqual([await client.types.get("relay")]);
});

test("a refusal is thrown with its code, status and places", async () => {
  const error = await refusal(submit("go", { priority: 1000 }));
  expect(error).toMatchObject({ name: "GalleyError", code: "invalid_input", status: 400 });
  expect(error.errors).toEqual([{ pointer: "/priority", message: expect.any(String) }]);
  const asks = [client.get, client.wait, (id: string) => Array.fromAsync(client.events(id))];
  for (const ask of asks) expect(await refusal(ask("job_none"))).toMatchObject({ code: "not_found", status: 404 });
  const stranger = createClient({ baseUrl: galley.url, apiKey: "glly_wrong_key" });
  expect(await refusal(Array.fromAsync(stranger.events("job_none")))).toMatchObject({ code: "unauthorized" });
});

test("who stops listening, or waiting, is let go", async () => {
  gate = createGate();
  const { id } = await submit("hold");
  await gate.reached;
  for await (const event of client.events(id)) if (event.id === 2) break;
  const leave = new AbortController();
  const waiting = client.wait(id, { signal: leave.signal, onChange: () => leave.abort(new Error("enough")) });
  await expect(waiting).rejects.toThrow("enough");
  gate.open();
});

test("an address that answers everything with a page is no service, and is not asked again and again", async () => {
  let asked = 0;
  const page = async () => {
    asked++;
    return new Response("<!doctype html>", { headers: { "Content-Type": "text/html" } });
  };
  const shop = createClient({ baseUrl: "http://shop.example", fetch: page });
  expect(await refusal(Array.fromAsync(shop.events("job_1")))).toMatchObject({ code: "unexpected", status: 200 });
  expect(await refusal(shop.wait("job_1"))).toMatchObject({ code: "unexpected" });
  expect(asked).toBe(2);
});

test("a service that is not there is waited for no longer than is asked", async () => {
  const line = await openLine(galley.url);
  line.cut();
  const nowhere = createClient({ baseUrl: line.url, patienceSeconds: 0.5 });
  const asks = [nowhere.get, nowhere.wait, (id: string) => Array.fromAsync(nowhere.events(id))];
  for (const ask of asks) expect(await refusal(ask("job_1"))).toMatchObject({ code: "unreachable", status: 0 });
  await line.close();
});

test("pages get it as one module that imports nothing, and it works", async () => {
  const { text, type, headers } = await request(galley.url).get("/client.js");
  expect(type).toBe("text/javascript");
  expect(headers["content-security-policy"]).toContain("default-src 'none'; script-src 'self'");
  expect(text).not.toMatch(/\bimport\b|\brequire\(/);
  const module = await import(`data:text/javascript,${encodeURIComponent(text)}`);
  const served: typeof client = module.createClient({ baseUrl: galley.url, apiKey });
  expect((await served.wait((await served.submit("relay", { text: "go" })).id)).status).toBe("completed");
});

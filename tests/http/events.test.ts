import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { EventSource } from "eventsource";
import request from "supertest";
import { PermanentError } from "../../src/author/index.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { eventsInDatabase, eventsOf, openStream, readStream, type Sent } from "../support/event-stream.ts";
import { createGate, eventually, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { openLine } from "../support/line.ts";
import { relay } from "../support/types.ts";

let database: TestDatabase;
let gate: ReturnType<typeof createGate>;
let failsOnce: boolean;
let galley: TestGalley;
const type = relay({
  async first({ input, signal, step }) {
    await gate.pass(signal);
    return await step("once", 1, async () => input);
  },
  async second({ input }) {
    if (failsOnce) {
      failsOnce = false;
      throw new PermanentError("Not yet.");
    }
    return input;
  },
});
beforeEach(async () => {
  gate = createGate();
  failsOnce = false;
  database = await createTestDatabase();
  galley = await startTestGalley({ jobTypes: [type], test: database });
});
afterEach(async () => {
  await galley.close();
  await database.drop();
});

const submit = async () => (await galley.service.submit("local", { type: "relay", input: { text: "go" } })).job.id;
const path = (id: string) => `/v1/jobs/${id}/events`;
async function finishedJob(): Promise<string> {
  gate.open();
  const id = await submit();
  await whenFinished(galley, id);
  return id;
}
const running = async () => {
  const id = await submit();
  await gate.reached;
  return id;
};
/** Reads a stream on and on; `sent` is what has come so far. */
function follow(response: Response): { sent: Sent[]; ended: Promise<void> } {
  const sent: Sent[] = [];
  const read = async () => {
    for await (const event of eventsOf(response)) sent.push(event);
  };
  return { sent, ended: read() };
}

test("the last event of a job that has completed is the job without its input", async () => {
  const id = await finishedJob();
  const { input, ...job } = (await request(galley.url).get(`/v1/jobs/${id}`)).body;
  expect(job).toMatchObject({ status: "completed", result: { text: "go" } });
  const { body } = await request(galley.url).get(path(id));
  expect(body.data.at(-1)).toMatchObject({ type: "completed", data: job });
  expect(body.data.at(-1).data).toEqual(job);
  const sent = await readStream(galley.url, id);
  expect(JSON.parse(sent.at(-1)?.data ?? "").data).toEqual(job);
});

test("a stream has what has happened, then what happens, and ends with the job", async () => {
  const id = await running();
  const response = await openStream(galley.url, id);
  const { sent, ended } = follow(response);
  await eventually(
    () => sent.map(({ type }) => type),
    (types) => types.at(-1) === "phase_started",
  );
  gate.open();
  await ended;
  expect(sent).toEqual(await eventsInDatabase(galley.test, id, galley.url));
  expect(sent.map(({ id }) => id)).toEqual(sent.map((_, index) => index + 1));
  expect(sent.at(-1)?.type).toBe("completed");
  expect(Object.fromEntries(response.headers)).toMatchObject({
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
  });
  // As JSON it is the same.
  const { body } = await request(galley.url).get(path(id));
  expect(body.data).toEqual(sent.map(({ data }) => JSON.parse(data)));
});

test("a stream begins with when to come back", async () => {
  const text = await (await openStream(galley.url, await finishedJob())).text();
  expect(text).toMatch(/^retry: [12]\d{3}\n\nid: 1\nevent: submitted\ndata: \{"id":1,/);
});

test.each([
  ["*/*", "application/json"],
  ["text/html", "application/json"],
  ["application/json, text/event-stream;q=0.5", "application/json"],
  ["text/event-stream", "text/event-stream"],
  ["text/event-stream, */*;q=0.1", "text/event-stream"],
])("to a client that accepts %s events are sent as %s", async (accept, sent) => {
  const response = await request(galley.url)
    .get(path(await finishedJob()))
    .set("Accept", accept);
  expect([response.status, response.type, response.get("Vary")]).toEqual([
    200,
    sent,
    expect.stringContaining("Accept"),
  ]);
});

test("a stream goes on behind the number that is named, in the header rather than in the address", async () => {
  const id = await finishedJob();
  const all = await eventsInDatabase(galley.test, id, galley.url);
  expect(await readStream(galley.url, id, { after: 3 })).toEqual(all.slice(3));
  expect(await readStream(galley.url, id, { lastEventId: 4 })).toEqual(all.slice(4));
  expect(await readStream(galley.url, id, { after: 1, lastEventId: 4 })).toEqual(all.slice(4));
});

test("behind the last event of a finished job there is nothing more to come for", async () => {
  const id = await finishedJob();
  const last = (await eventsInDatabase(galley.test, id, galley.url)).length;
  for (const from of [{ after: last }, { lastEventId: last }, { after: last + 5 }]) {
    const response = await openStream(galley.url, id, from);
    expect([response.status, await response.text()]).toEqual([204, ""]);
  }
});

test("an EventSource reads a job to its end and does not come back", async () => {
  const id = await running();
  const source = new EventSource(`${galley.url}${path(id)}`);
  const seen: number[] = [];
  let statusAtEnd: number | undefined;
  for (const type of [
    "submitted",
    "phase_started",
    "step_started",
    "step_finished",
    "phase_completed",
    "completed",
  ]) {
    source.addEventListener(type, ({ lastEventId }) => void seen.push(Number(lastEventId)));
  }
  source.addEventListener("error", ({ code }) => {
    statusAtEnd = code;
  });
  gate.open();
  await eventually(
    () => source.readyState,
    (state) => state === EventSource.CLOSED,
  );
  expect(statusAtEnd).toBe(204);
  expect(seen).toEqual((await eventsInDatabase(galley.test, id, galley.url)).map(({ id }) => id));
});

test.each(["-1", "1.5", "abc", "99999999999", "1&after=2"])("after=%s is refused", async (after) => {
  const { status, body } = await request(galley.url).get(`${path(await finishedJob())}?after=${after}`);
  expect([status, body.code, body.errors]).toEqual([
    400,
    "invalid_input",
    [{ pointer: "/after", message: expect.any(String) }],
  ]);
});

test("a Last-Event-ID that is no number is refused, and says what was expected", async () => {
  const response = await request(galley.url)
    .get(path(await finishedJob()))
    .set({ Accept: "text/event-stream", "Last-Event-ID": "x" });
  expect([response.status, response.body.errors]).toEqual([
    400,
    [{ pointer: "/last-event-id", message: "expected the number of an event, 0 for all" }],
  ]);
});

test("of a job that is not there, or no longer, there is no stream", async () => {
  const id = await finishedJob();
  await galley.test.query("update generation_jobs set completed_at = now() - interval '99 days'");
  await galley.test.query("select cleanup_old_generation_jobs()");
  const statusOf = async (jobId: string) => (await openStream(galley.url, jobId)).status;
  expect([await statusOf(id), await statusOf("job_none")]).toEqual([410, 404]);
});

test("a HEAD request is answered at once", async () => {
  const id = await running();
  const response = await request(galley.url).head(path(id)).set("Accept", "text/event-stream");
  expect([response.status, response.type]).toEqual([200, "text/event-stream"]);
});

test("a cancelled job's streams end with that", async () => {
  const id = await running();
  const { sent, ended } = follow(await openStream(galley.url, id));
  await galley.service.cancel("local", id);
  await ended;
  expect(sent.at(-1)?.type).toBe("cancelled");
});

test("a job that is deleted by hand ends its streams", async () => {
  const id = await running();
  const { ended } = follow(await openStream(galley.url, id));
  await galley.test.query("delete from generation_jobs where id = $1", [id]);
  // Without a notice it would be found at the next look, ten seconds later.
  await galley.test.query("select pg_notify('galley:public', '')");
  await ended;
});

test("a job that failed and was resumed is one story, to its end", async () => {
  failsOnce = true;
  const id = await finishedJob();
  expect((await readStream(galley.url, id)).at(-1)?.type).toBe("failed");
  await galley.service.resume("local", id);
  await whenFinished(galley, id);
  const types = (await readStream(galley.url, id)).map(({ type }) => type);
  expect(types.slice(types.indexOf("failed"))).toEqual([
    "failed",
    "resumed",
    "phase_started",
    "phase_completed",
    "completed",
  ]);
});

test("a history of many pages comes whole", async () => {
  const id = await finishedJob();
  // Small ones and large ones, between the first event and the last ones.
  const more = 1_000;
  await galley.test.query("update generation_job_events set id = id + $2 where job_id = $1 and id > 1", [id, more]);
  await galley.test.query("update generation_jobs set event_count = event_count + $2 where id = $1", [id, more]);
  await galley.test.query(
    `insert into generation_job_events (job_id, id, type, data)
    select $1, number + 1, 'text', jsonb_build_object('delta', (
      select string_agg(md5(number::text || piece), '')
      from generate_series(1, case when number % 100 = 0 then 4000 else 1 end) as piece
    )) from generate_series(1, $2::integer) as number`,
    [id, more],
  );
  const all = await eventsInDatabase(galley.test, id, galley.url);
  expect(all.length).toBeGreaterThan(1_000);
  expect(await readStream(galley.url, id)).toEqual(all);
});

test("a stream on which nothing happens is kept open by a comment", async () => {
  const id = await running();
  const opened = performance.now();
  const said = Promise.withResolvers<number>();
  const left = new AbortController();
  const reading = readStream(galley.url, id, {
    signal: left.signal,
    onComment: () => said.resolve(performance.now() - opened),
  });
  const after = await said.promise;
  left.abort();
  await expect(reading).rejects.toThrow();
  expect(after).toBeGreaterThan(14_000);
  expect(after).toBeLessThan(20_000);
}, 30_000);

test("a stream outlives an outage of the database", async () => {
  const line = await openLine(database.url);
  const desk = await startTestGalley({
    jobTypes: [type],
    test: { ...database, url: line.url },
    env: { ROLES: "api", DATABASE_TIMEOUT_SECONDS: "2" },
  });
  try {
    const id = await running();
    const { sent, ended } = follow(await openStream(desk.url, id));
    await eventually(
      () => sent.length,
      (length) => length > 0,
    );
    line.cut();
    gate.open();
    await whenFinished(galley, id);
    expect((await request(desk.url).get(path(id))).status).toBe(503);
    line.mend();
    await ended;
    expect(sent).toEqual(await eventsInDatabase(database, id, galley.url));
  } finally {
    await desk.close();
    await line.close();
  }
}, 30_000);

test("a process that stops ends its streams in good order, and another one goes on with them", async () => {
  const desk = await startTestGalley({ jobTypes: [type], test: database, env: { ROLES: "api" } });
  const id = await running();
  const { sent, ended } = follow(await openStream(desk.url, id));
  await eventually(
    () => sent.length,
    (length) => length > 0,
  );
  await desk.close();
  // Without an error: the last chunk has come, and no connection was cut.
  await ended;
  gate.open();
  const rest = await readStream(galley.url, id, { lastEventId: sent.at(-1)?.id ?? 0 });
  expect([...sent, ...rest]).toEqual(await eventsInDatabase(database, id, galley.url));
});

import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type pg from "pg";
import { createSubscriptions, type Subscriptions } from "../../src/generation/history/subscriptions.ts";
import { watch } from "../support/fuse.ts";
import { startTestGalley, type TestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
let looks: number;
let isListening: boolean;
let subscriptions: Subscriptions;
/** Waits for the event, and fails if only the end of the patience ended the wait. */
async function nextEvent(jobId: string, seen: number): Promise<void> {
  const patience = AbortSignal.timeout(20_000);
  await subscriptions.nextEvent(jobId, seen, patience);
  expect(patience.aborted).toBe(false);
}
beforeEach(async () => {
  galley = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api" } });
  looks = 0;
  isListening = true;
  const watched = new Set<pg.PoolClient>();
  galley.database.pool.on("acquire", (client) => {
    if (watched.has(client)) return;
    watched.add(client);
    watch(client, (text) => {
      if (text.includes("event_count as")) looks++;
    });
  });
  subscriptions = createSubscriptions(galley.database.db, () => isListening);
});
afterEach(() => galley.close());

const submit = async () => (await galley.service.submit("local", { type: "relay", input: { text: "go" } })).job;
const addEvent = (jobId: string) =>
  galley.test.query("update generation_jobs set event_count = event_count + 1 where id = $1", [jobId]);
const hint = (jobIds: string[]) => ({
  from: "another",
  wake: {},
  cancel: [],
  events: Object.fromEntries(jobIds.map((id) => [id, 2])),
  freed: new Set<string>(),
  families: { spent: new Set<string>(), over: new Set<string>() },
  deliveries: false,
});

test("a hundred requests that wait share a look, and a notice answers those whose job moved without another one", async () => {
  const jobs = await Promise.all(Array.from({ length: 100 }, submit));
  const answered: string[] = [];
  const waits = jobs.map(async ({ id, eventCount }) => {
    await nextEvent(id, eventCount);
    answered.push(id);
  });
  await nextEvent((await submit()).id, 0);
  expect({ looks, answered }).toEqual({ looks: expect.any(Number), answered: [] });
  expect(looks).toBeLessThanOrEqual(2);

  const moved = jobs.slice(0, 60).map(({ id }) => id);
  looks = 0;
  subscriptions.publish(hint(moved));
  await Promise.all(waits.slice(0, 60));
  expect(looks).toBe(0);
  expect(answered.sort()).toEqual(moved.sort());

  await Promise.all(jobs.slice(60).map(({ id }) => addEvent(id)));
  subscriptions.publish(null);
  await Promise.all(waits);
});

test("an event that comes while a look is under way is not missed", async () => {
  const { id, eventCount } = await submit();
  const waiting = nextEvent(id, eventCount);
  for (let round = 0; round < 20; round++) subscriptions.publish(null);
  await addEvent(id);
  subscriptions.publish(null);
  await waiting;
});

test("a notice of an event that the client has seen answers nothing", async () => {
  const { id, eventCount } = await submit();
  const client = new AbortController();
  let isAnswered = false;
  const waiting = subscriptions.nextEvent(id, eventCount + 1, client.signal).then(() => {
    isAnswered = true;
  });
  subscriptions.publish(hint([id]));
  await nextEvent(id, 0);
  expect(isAnswered).toBe(false);
  client.abort();
  await waiting;
});

test("while no notices are heard, waiting requests are answered by a look every two seconds", async () => {
  isListening = false;
  const { id, eventCount } = await submit();
  const waiting = nextEvent(id, eventCount);
  // The look at its beginning is over: only the next one can find the event.
  await nextEvent(id, 0);
  await addEvent(id);
  await waiting;
  // The pool is asked no more once no request waits.
  looks = 0;
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(looks).toBe(0);
});

test("a job that is removed ends the wait, and so does the client", async () => {
  const [removed, left] = [await submit(), await submit()];
  const client = new AbortController();
  const waits = [
    nextEvent(removed.id, removed.eventCount),
    subscriptions.nextEvent(left.id, left.eventCount, client.signal),
  ];
  await galley.test.query("delete from generation_jobs where id = $1", [removed.id]);
  subscriptions.publish(hint([removed.id]));
  client.abort();
  await Promise.all(waits);
});

test("when the database fails, those that wait get its error", async () => {
  const { id, eventCount } = await submit();
  await galley.database.pool.end();
  await expect(subscriptions.nextEvent(id, eventCount, AbortSignal.timeout(20_000))).rejects.toThrow();
});

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { createClient, type Event } from "galley/client";
import { type ApiProcess, startApiProcess } from "../support/api-process.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { eventsInDatabase } from "../support/event-stream.ts";
import { startTestGalley, type TestGalley } from "../support/galley.ts";
import { type Line, openLine } from "../support/line.ts";
import { relay } from "../support/types.ts";

/** Its first phase writes many events. */
const type = relay({
  async first({ input, step }) {
    for (let number = 1; number <= 20; number++) await step(`step ${number}`, number, async () => number);
    return input;
  },
});
let database: TestDatabase;
let worker: TestGalley;
let api: ApiProcess;
let line: Line;
beforeAll(async () => {
  database = await createTestDatabase();
  worker = await startTestGalley({ jobTypes: [type], test: database, env: { ROLES: "worker" } });
  api = await startApiProcess(database.url);
  line = await openLine(api.url);
}, 60_000);
afterAll(async () => {
  await line.close();
  await api.end("SIGTERM");
  await worker.close();
  await database.drop();
});

/** How a stream ends before its job. A process that begins anew has the address of the one before. */
const disconnects = {
  async cut() {
    line.cut();
    line.mend();
  },
  async kill() {
    const { port } = new URL(api.url);
    await api.end("SIGKILL");
    api = await startApiProcess(database.url, { PORT: port });
  },
};

/** The platform's fetch, whose streams meet the next of these disconnections after so many bytes. */
function breaking(plan: { how: keyof typeof disconnects; afterBytes: number }[]): typeof fetch {
  return async (...request) => {
    const response = await fetch(...request);
    const next = response.body && response.status === 200 ? plan.shift() : undefined;
    if (!next || !response.body) return response;
    let bytes = 0;
    const short = new TransformStream<Uint8Array, Uint8Array>({
      async transform(chunk, controller) {
        controller.enqueue(chunk.subarray(0, next.afterBytes - bytes));
        bytes += chunk.length;
        if (bytes < next.afterBytes) return;
        await disconnects[next.how]();
        controller.error(new TypeError("terminated"));
      },
    });
    return new Response(response.body.pipeThrough(short), response);
  };
}

test("however often lines break and the service restarts, each event comes once and in order", async () => {
  const how = fc.constantFrom("cut" as const, "cut" as const, "kill" as const);
  const disconnect = fc.record({ how, afterBytes: fc.integer({ min: 1, max: 3_000 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(disconnect, { minLength: 2, maxLength: 4 }), async (plan) => {
      const { job } = await worker.service.submit("local", { type: "relay", input: { text: "go" } });
      const left = [...plan];
      const client = createClient({ baseUrl: line.url, fetch: breaking(left) });
      const came: Event[] = await Array.fromAsync(client.events(job.id));
      const all = await eventsInDatabase(database, job.id, api.url);
      expect(came).toEqual(all.map(({ data }) => JSON.parse(data)));
      expect(left.length).toBeLessThan(plan.length);
    }),
    { numRuns: 4, endOnFailure: true },
  );
}, 120_000);

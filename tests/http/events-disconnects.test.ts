import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { type DemoModel, startDemoModel } from "../../src/demo/server.ts";
import type { JobEvent } from "../../src/generation/history/events.ts";
import { type ApiProcess, startApiProcess } from "../support/api-process.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { eventsInDatabase, openStream, type Sent } from "../support/event-stream.ts";
import { eventually, startTestGalley, type TestGalley, whenFinished } from "../support/galley.ts";
import { walkHistory } from "../support/history.ts";
import { type Line, openLine } from "../support/line.ts";
import { relay } from "../support/types.ts";

const parts = ["部分 1 😀", "part 2", "part 3", "part 4"];

/** Its first phase writes several texts at once. */
const type = relay({
  async first({ step, model }) {
    const texts = await Promise.all(
      parts.map((part) =>
        step(part, part, () =>
          model.text({ system: "You write.", user: `${part}: write 100 words.`, maxOutputTokens: 1_000 }),
        ),
      ),
    );
    return { text: texts.join("\n\n") };
  },
});

let database: TestDatabase;
let model: DemoModel;
let worker: TestGalley;
let api: ApiProcess;
let line: Line;
beforeAll(async () => {
  database = await createTestDatabase();
  model = await startDemoModel({ delayMsPerChunk: 60 });
  const env = { ROLES: "worker", OPENAI_BASE_URL: model.baseURL, OPENAI_MODEL: "demo-1" };
  worker = await startTestGalley({ jobTypes: [type], test: database, env });
  await startApi();
}, 60_000);
afterAll(async () => {
  await line.close();
  await api.end("SIGTERM");
  await worker.close();
  await model.close();
  await database.drop();
});

async function startApi(): Promise<void> {
  api = await startApiProcess(database.url);
  line = await openLine(api.url);
}

/** How a connection ends before its stream does. */
const disconnects = {
  /** The client leaves. */
  async leave() {},
  /** The network breaks it. */
  async cut() {
    line.cut();
    line.mend();
  },
  /** The process dies, and another one begins. */
  async kill() {
    await api.end("SIGKILL");
    await line.close();
    await startApi();
  },
  /** The process is stopped in good order, and another one begins. */
  async stop() {
    await api.end("SIGTERM");
    await line.close();
    await startApi();
  },
} satisfies Record<string, () => Promise<void>>;

type Disconnect = { how: keyof typeof disconnects; afterBytes: number };

/** Reads a job's stream to its end, with these disconnections, and comes back behind the last whole event that came. */
async function readWith(jobId: string, plan: readonly Disconnect[]): Promise<Sent[]> {
  const sent: Sent[] = [];
  const left = [...plan];
  for (;;) {
    const client = new AbortController();
    const next = left.shift();
    const lastEventId = sent.at(-1)?.id;
    // While another process begins there is none to connect to.
    const response = await eventually(
      () =>
        openStream(line.url, jobId, {
          signal: client.signal,
          ...(lastEventId === undefined ? {} : { lastEventId }),
        }).catch(() => null),
      (answer) => answer !== null,
    );
    if (response === null) throw new Error("There is no answer.");
    if (response.status === 204) return sent;
    expect(response.status).toBe(200);
    const parser = createParser({
      onEvent: ({ id, event = "", data }) => void sent.push({ id: Number(id), type: event, data }),
    });
    const decoder = new TextDecoder();
    let bytes = 0;
    try {
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
        // The rest of the chunk has not come.
        const came = chunk.subarray(0, (next?.afterBytes ?? Number.POSITIVE_INFINITY) - bytes);
        parser.feed(decoder.decode(came, { stream: true }));
        bytes += came.length;
        if (next && bytes >= next.afterBytes) break;
      }
    } catch {
      // The line broke: what came whole counts.
    }
    client.abort();
    if (next && bytes >= next.afterBytes) await disconnects[next.how]();
  }
}

const disconnect = fc.record({
  how: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom("leave" as const, "cut" as const) },
    { weight: 1, arbitrary: fc.constantFrom("kill" as const, "stop" as const) },
  ),
  afterBytes: fc.oneof(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 8_000 })),
});

test("however often a line breaks, a client has each event once, in order, and the texts to the letter", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(disconnect, { minLength: 1, maxLength: 8 }), async (plan) => {
      const { job } = await worker.service.submit("local", { type: type.type, input: { text: "go" } });
      const [sent, late] = await Promise.all([
        readWith(job.id, plan),
        // Joins late, and has the whole all the same.
        whenFinished(worker, job.id).then(() =>
          readWith(
            job.id,
            plan.filter(({ how }) => how === "leave"),
          ),
        ),
      ]);
      const done = await worker.service.find("local", job.id);
      const inDatabase = await eventsInDatabase(database, job.id, api.url);
      expect(sent).toEqual(inDatabase);
      expect(late).toEqual(inDatabase);
      expect(sent.map(({ id }) => id)).toEqual(Array.from({ length: done.eventCount }, (_, index) => index + 1));

      const events = sent.map(({ data }) => JSON.parse(data) as JobEvent);
      const { texts, violations } = walkHistory(events, ["first", "second"]);
      expect(violations).toEqual([]);
      const { rows } = await database.query<{ key: string; output: string }>(
        "select key, output from generation_steps where job_id = $1",
        [job.id],
      );
      expect(rows).toHaveLength(parts.length);
      for (const { key, output } of rows) expect(texts.get(`first ${key}`)).toBe(output);
    }),
    // A failure names the seed and the path that repeat it.
    { numRuns: 12, endOnFailure: true },
  );
}, 180_000);

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { newUuid } from "../../src/ids.ts";
import { type ApiProcess, startApiProcess } from "../support/api-process.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
let processes: ApiProcess[];
beforeAll(async () => {
  database = await createTestDatabase();
  processes = await Promise.all([startApiProcess(database.url), startApiProcess(database.url)]);
}, 60_000);
afterAll(async () => {
  await Promise.all(processes.map((one) => one.end("SIGTERM")));
  await database.drop();
});

const article = (title: string, more: object = {}) => ({ type: "article", input: { topic: { title } }, ...more });

type Answer = { status: number; replayed: string | null; body: { id: string; code?: string } };

/** Sends to one process or the other in turn, all at once. */
function sendAll(path: string, key: string, bodies: readonly object[]): Promise<Answer[]> {
  return Promise.all(
    bodies.map(async (body, index) => {
      const url = processes[index % 2]?.url ?? "";
      const answer = await fetch(url + path, {
        method: "POST",
        headers: { "Content-Type": "application/json", "Idempotency-Key": key },
        body: JSON.stringify(body),
      });
      const replayed = answer.headers.get("Idempotency-Replayed");
      return { status: answer.status, replayed, body: (await answer.json()) as Answer["body"] };
    }),
  );
}

/** How many answers there are of each kind. */
function countKinds(answers: readonly Answer[]): Record<string, number> {
  const kinds = answers.map(({ status, replayed, body }) =>
    [status, replayed, body.code].filter(Boolean).join(" "),
  );
  return Object.fromEntries([...Map.groupBy(kinds, String)].map(([kind, { length }]) => [kind, length]));
}

const idsOf = (answers: readonly Answer[]) => [...new Set(answers.flatMap(({ body }) => body.id ?? []))];

const submit = async (body: object, path = "/v1/jobs"): Promise<string> =>
  (await sendAll(path, newUuid(), [body]))[0]?.body.id ?? "";

/** A job that can be forked. */
async function cancelledJob(): Promise<string> {
  const id = await submit(article("To be forked"));
  await fetch(`${processes[0]?.url}/v1/jobs/${id}/cancel`, { method: "POST" });
  return id;
}

async function count(sql: string, values: unknown[]): Promise<number> {
  return (await database.query(`select count(*)::integer as found from ${sql}`, values)).rows[0].found;
}

/** What is posted, by its number: those with the same number are the same request. `jobs`: how many jobs it makes. */
type Kind = { path: string; bodyOf: (number: number) => object; jobs: number };

// What names a topic or another job is written in a transaction of its own, what names neither together with others.
const kinds: [name: string, prepare: () => Promise<Kind>][] = [
  ["a job", async () => ({ path: "/v1/jobs", bodyOf: (number) => article(`Title ${number}`), jobs: 1 })],
  [
    "a job with a topic",
    async () => {
      const topicId = await submit({ title: "A topic" }, "/v1/topics");
      return { path: "/v1/jobs", bodyOf: (number) => article(`Title ${number}`, { topicId }), jobs: 1 };
    },
  ],
  [
    "a job that supersedes another one",
    async () => {
      const supersedes = await submit(article("Superseded"));
      return { path: "/v1/jobs", bodyOf: (number) => article(`Title ${number}`, { supersedes }), jobs: 1 };
    },
  ],
  [
    "a batch",
    async () => ({
      path: "/v1/batches",
      bodyOf: (number) => ({ jobs: [article(`Title ${number}`), article("Second"), article("Third")] }),
      jobs: 3,
    }),
  ],
  [
    "a fork",
    async () => {
      const path = `/v1/jobs/${await cancelledJob()}/fork`;
      const input = { topic: { title: "Forked" } };
      return {
        path,
        bodyOf: (number) => ({ fromPhase: "analyzing", input: { ...input, targetWordCount: 300 + number } }),
        jobs: 1,
      };
    },
  ],
];

test.each(kinds)(
  "%s that is asked for a hundred times at once, at two processes, is made once",
  async (_name, prepare) => {
    const { path, bodyOf, jobs } = await prepare();
    const before = await count("generation_jobs", []);
    const answers = await sendAll(path, newUuid(), Array(100).fill(bodyOf(1)));
    expect(countKinds(answers)).toEqual({ "202": 1, "200 true": 99 });
    expect(idsOf(answers)).toHaveLength(1);
    expect(await count("generation_jobs", [])).toBe(before + jobs);
    // Each has its first event and its first queue job once.
    const made = "(select id from generation_jobs where $1 in (id, batch_id))";
    const [id] = idsOf(answers);
    expect(await count(`generation_job_events where job_id in ${made} and type = 'submitted'`, [id])).toBe(jobs);
    expect(await count(`galley_queue.job where data->>'jobId' in ${made}`, [id])).toBe(jobs);
  },
);

test.each(kinds)("of different requests for %s under one key at once, one is taken", async (_name, prepare) => {
  const { path, bodyOf, jobs } = await prepare();
  const before = await count("generation_jobs", []);
  const key = newUuid();
  const numbers = Array.from({ length: 100 }, (_, index) => index % 10);
  const answers = await sendAll(path, key, numbers.map(bodyOf));
  expect(countKinds(answers)).toEqual({ "202": 1, "200 true": 9, "422 idempotency_mismatch": 90 });
  const won = numbers.filter((_, index) => answers[index]?.status !== 422);
  expect(new Set(won).size).toBe(1);
  expect(idsOf(answers)).toHaveLength(1);
  expect(await count("generation_jobs", [])).toBe(before + jobs);
  const again = await sendAll(path, key, [bodyOf(won[0] ?? 0)]);
  expect(again).toMatchObject([{ status: 200, replayed: "true", body: { id: idsOf(answers)[0] } }]);
});

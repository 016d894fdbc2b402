import { afterAll, beforeAll, expect, test } from "@jest/globals";
import request from "supertest";
import { createKey } from "../../src/access/keys.ts";
import { scopes } from "../../src/access/scopes.ts";
import { keepArticle } from "../../src/content/articles.ts";
import { routes as apiRoutes } from "../../src/http/api/routes.ts";
import { newBatchId, newJobId, newUuid } from "../../src/ids.ts";
import { eventually, startTestGalley, type TestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

const legacy = "/api/ai/v2-queue";
const input = { text: "secret recipe" };

/** What a tenant has, one of each kind. */
type Ids = Record<
  "live" | "finished" | "removed" | "article" | "topic" | "batch" | "webhook" | "delivery" | "schedule" | "shop",
  string
>;

let galley: TestGalley;
let theirs: Ids;
/** Ids that no tenant has. */
let unknown: Ids;
let owner: string;
let intruder: string;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [relay()], env: { SECRETS_KEY: `${"A".repeat(43)}=` } });
  const { db } = galley.database;
  owner = await createKey(db, "acme", scopes);
  intruder = await createKey(db, "intruder", scopes);
  theirs = await makeThings("acme");
  const job = newJobId;
  unknown = {
    live: job(),
    finished: job(),
    removed: job(),
    article: newUuid(),
    topic: newUuid(),
    batch: newBatchId(),
    webhook: newUuid(),
    delivery: newUuid(),
    schedule: newUuid(),
    shop: newUuid(),
  };
});
afterAll(() => galley.close());

async function makeThings(tenant: string): Promise<Ids> {
  const { service, database, test } = galley;
  const [webhook, delivery, schedule, shop] = [newUuid(), newUuid(), newUuid(), newUuid()];
  await test.query(
    "insert into shops (id, tenant, domain, kind, credentials) values ($1, $2, 'theirs.myshopify.com', 'access_token', 'sealed')",
    [shop, tenant],
  );
  const url = "https://192.0.2.1/";
  await test.query(
    "insert into webhook_endpoints (id, tenant, url, events) values ($1, $2, $3, '{batch.completed}')",
    [webhook, tenant, url],
  );
  await test.query(
    "insert into schedules (id, tenant, type, input, cron, time_zone, missed) values ($1, $2, 'relay', $3, '0 6 * * *', 'UTC', 'once')",
    [schedule, tenant, input],
  );
  const finished = (await service.submit(tenant, { type: "relay", input })).job.id;
  await test.query(
    "insert into webhook_deliveries (id, tenant, url, type, job_id, payload, queue_job_id) values ($1, $2, $3, 'job.completed', $4, '{}', $5)",
    [delivery, tenant, url, finished, newUuid()],
  );
  const later = new Date(Date.now() + 3_600_000);
  const topic = newUuid();
  await test.query("insert into topics (id, tenant, topic_title) values ($1, $2, 'Theirs')", [topic, tenant]);
  const submission = { type: "relay", input, startAfter: later, tags: ["recipe"], topicId: topic };
  const live = (await service.submit(tenant, { ...submission, idempotencyKey: "click" })).job.id;
  const { batch } = await service.batches.submit(tenant, { jobs: [submission], tags: [] });
  const removed = newJobId();
  await test.query("insert into generation_job_tombstones (id, tenant) values ($1, $2)", [removed, tenant]);
  const { articleId } = await database.db.transaction((tx) =>
    keepArticle(tx, { tenant, title: "Bread", content: "Take flour.", handle: "bread" }),
  );
  await eventually(
    () => service.find(tenant, finished),
    ({ status }) => status === "completed",
  );
  return { live, finished, removed, article: articleId, topic, batch: batch.id, webhook, delivery, schedule, shop };
}

type Asked = {
  method?: "get" | "post" | "patch" | "delete";
  path: string;
  body?: object;
  accept?: string;
  key?: string;
};

async function ask(key: string, { method = "get", path, body, accept, key: idempotencyKey }: Asked) {
  const asked = request(galley.url)[method](path).set("Authorization", `Bearer ${key}`);
  if (accept) asked.set("Accept", accept);
  if (idempotencyKey) asked.set("Idempotency-Key", idempotencyKey);
  const { status, headers, text } = await (body ? asked.send(body) : asked);
  // These differ between any two requests. An ETag is a hash of the body, in which the id stands.
  const { date, "x-request-id": requestId, ratelimit, etag, ...rest } = headers;
  return { status, headers: rest, text };
}

const jobs = ["live", "finished", "removed"] as const;

const routes: [string, (ids: Ids) => Asked][] = [
  ...jobs.flatMap((kind): [string, (ids: Ids) => Asked][] => [
    [`GET /v1/jobs/:id, ${kind}`, (ids) => ({ path: `/v1/jobs/${ids[kind]}` })],
    [`GET /v1/jobs/:id/events, ${kind}`, (ids) => ({ path: `/v1/jobs/${ids[kind]}/events` })],
    [`POST /v1/jobs/:id/cancel, ${kind}`, (ids) => ({ method: "post", path: `/v1/jobs/${ids[kind]}/cancel` })],
    [
      `POST /v1/jobs/:id/resume, ${kind}`,
      (ids) => ({ method: "post", path: `/v1/jobs/${ids[kind]}/resume`, body: { maxCostUsd: "1" } }),
    ],
    [
      `POST /v1/jobs/:id/fork, ${kind}`,
      (ids) => ({ method: "post", path: `/v1/jobs/${ids[kind]}/fork`, body: { fromPhase: "second" } }),
    ],
    [`GET /v1/jobs/:id/answers, ${kind}`, (ids) => ({ path: `/v1/jobs/${ids[kind]}/answers` })],
    [
      `POST /v1/jobs/:id/answers/{name}, ${kind}`,
      (ids) => ({ method: "post", path: `/v1/jobs/${ids[kind]}/answers/approval`, body: { approved: true } }),
    ],
    [`GET /v1/jobs/:id/deliveries, ${kind}`, (ids) => ({ path: `/v1/jobs/${ids[kind]}/deliveries` })],
    [`POST /v1/tokens, ${kind}`, (ids) => ({ method: "post", path: "/v1/tokens", body: { jobId: ids[kind] } })],
    [`GET the former route, ${kind}`, (ids) => ({ path: `${legacy}?jobId=${ids[kind]}` })],
    [`DELETE the former route, ${kind}`, (ids) => ({ method: "delete", path: `${legacy}?jobId=${ids[kind]}` })],
  ]),
  ["GET /v1/batches/:id", (ids) => ({ path: `/v1/batches/${ids.batch}` })],
  ["POST /v1/batches/:id/cancel", (ids) => ({ method: "post", path: `/v1/batches/${ids.batch}/cancel` })],
  ["DELETE /v1/webhooks/:id", (ids) => ({ method: "delete", path: `/v1/webhooks/${ids.webhook}` })],
  [
    "POST /v1/deliveries/:id/redeliver",
    (ids) => ({ method: "post", path: `/v1/deliveries/${ids.delivery}/redeliver` }),
  ],
  ["GET /v1/schedules/:id", (ids) => ({ path: `/v1/schedules/${ids.schedule}` })],
  ["GET /v1/schedules/:id/next", (ids) => ({ path: `/v1/schedules/${ids.schedule}/next` })],
  [
    "PATCH /v1/schedules/:id",
    (ids) => ({ method: "patch", path: `/v1/schedules/${ids.schedule}`, body: { paused: true } }),
  ],
  ["DELETE /v1/schedules/:id", (ids) => ({ method: "delete", path: `/v1/schedules/${ids.schedule}` })],
  [
    "PATCH /v1/shops/:id",
    (ids) => ({ method: "patch", path: `/v1/shops/${ids.shop}`, body: { accessToken: "mine" } }),
  ],
  ["DELETE /v1/shops/:id", (ids) => ({ method: "delete", path: `/v1/shops/${ids.shop}` })],
  ["GET /v1/topics/:id", (ids) => ({ path: `/v1/topics/${ids.topic}` })],
  ["GET /v1/articles/:id", (ids) => ({ path: `/v1/articles/${ids.article}` })],
  ["GET /v1/articles/:id, Markdown", (ids) => ({ path: `/v1/articles/${ids.article}`, accept: "text/markdown" })],
  ["POST /v1/tokens, a batch", (ids) => ({ method: "post", path: "/v1/tokens", body: { batchId: ids.batch } })],
  ["GET the former route, a batch", (ids) => ({ path: `${legacy}?batchId=${ids.batch}` })],
];

test("every route with an id of a tenant's stands in the table", () => {
  const withId = apiRoutes.filter(({ path }) => path.includes("{id}"));
  const missing = withId
    .map(({ method, path }) => `${method.toUpperCase()} ${path.replace("{id}", ":id")}`)
    .filter((name) => !routes.some(([row]) => row.split(",")[0] === name));
  expect(withId.length).toBeGreaterThan(4);
  expect(missing).toEqual([]);
});

/** The answer, with what was asked for taken out. */
async function answerFor(asked: (ids: Ids) => Asked, ids: Ids) {
  const { text, ...answer } = await ask(intruder, asked(ids));
  return { ...answer, text: Object.values(ids).reduce((left, id) => left.replaceAll(id, "…"), text) };
}

test.each(routes)("%s of another tenant is 404, just as an id that no tenant has", async (_name, asked) => {
  const answer = await answerFor(asked, theirs);
  expect(answer.status).toBe(404);
  expect(answer).toEqual(await answerFor(asked, unknown));
});

test.each<[string, (ids: Ids) => Asked]>([
  ["batchId", (ids) => ({ path: `/v1/jobs?batchId=${ids.batch}` })],
  ["scheduleId", (ids) => ({ path: `/v1/jobs?scheduleId=${ids.schedule}` })],
  ["q", (ids) => ({ path: `/v1/jobs?q=${ids.live}&include=input` })],
  ["a text", () => ({ path: "/v1/jobs?q=recipe" })],
  ["tag", () => ({ path: "/v1/jobs?tag=recipe" })],
  ["cursor, of topics", (ids) => ({ path: `/v1/topics?cursor=${ids.topic}` })],
  ["cursor, of batches", (ids) => ({ path: `/v1/batches?cursor=${ids.batch}` })],
  ["cursor", (ids) => ({ path: `/v1/jobs?cursor=${ids.live}` })],
])("a list by %s shows nothing of another tenant", async (_name, asked) => {
  const answer = await answerFor(asked, theirs);
  expect(JSON.parse(answer.text)).toEqual({ data: [], nextCursor: null });
  expect(answer).toEqual(await answerFor(asked, unknown));
});

test.each<[string, (ids: Ids) => Asked]>([
  ["supersedes", ({ live }) => submission({ supersedes: live })],
  ["supersedes, of a removed job", ({ removed }) => submission({ supersedes: removed })],
  ["topicId", ({ topic }) => submission({ topicId: topic })],
])("%s of another tenant is refused as an id that no tenant has", async (_name, asked) => {
  const answer = await answerFor(asked, theirs);
  expect(answer.status).toBe(400);
  expect(answer).toEqual(await answerFor(asked, unknown));
});

test("an Idempotency-Key of another tenant is free, and finds no job of that tenant", async () => {
  const answer = await ask(intruder, { ...submission({}), key: "click" });
  expect(answer.status).toBe(202);
  expect(JSON.parse(answer.text).id).not.toBe(theirs.live);
});

test("the former route counts a tenant's own jobs", async () => {
  const counted = async (key: string) => JSON.parse((await ask(key, { path: `${legacy}?stats=true` })).text);
  expect((await counted(owner)).data.queue).toMatchObject({ total_jobs: 3, pending_jobs: 2, completed_jobs: 1 });
  const stranger = await createKey(galley.database.db, "stranger", scopes);
  expect((await counted(stranger)).data.queue).toMatchObject({ total_jobs: 0, pending_jobs: 0, jobs_last_day: 0 });
});

test("webhooks of another tenant are not listed", async () => {
  const { text } = await ask(intruder, { path: "/v1/webhooks" });
  expect(JSON.parse(text)).toEqual({ data: [], jobSecret: expect.stringMatching(/^whsec_/) });
  const own = await ask(owner, { path: "/v1/webhooks" });
  expect(JSON.parse(own.text)).toMatchObject({ data: [{ id: theirs.webhook }] });
  expect(JSON.parse(own.text).jobSecret).not.toBe(JSON.parse(text).jobSecret);
});

test("schedules of another tenant are not listed", async () => {
  expect(JSON.parse((await ask(intruder, { path: "/v1/schedules" })).text)).toEqual({ data: [] });
  const own = JSON.parse((await ask(owner, { path: "/v1/schedules" })).text);
  expect(own).toMatchObject({ data: [{ id: theirs.schedule, paused: true }] });
});

test("shops of another tenant are not listed", async () => {
  expect(JSON.parse((await ask(intruder, { path: "/v1/shops" })).text)).toMatchObject({ data: [] });
  const own = await ask(owner, { path: "/v1/shops" });
  expect(JSON.parse(own.text)).toMatchObject({ data: [{ id: theirs.shop, domain: "theirs.myshopify.com" }] });
});

test("after all that everything is as it was", async () => {
  const { rows } = await galley.test.query(
    "select status, event_count from generation_jobs where tenant = 'acme' order by id",
  );
  expect(rows.map(({ status }) => status)).toEqual(["completed", "pending", "pending"]);
  expect(rows.slice(1).map(({ event_count }) => event_count)).toEqual([1, 1]);
});

const submission = (more: object): Asked => ({
  method: "post",
  path: "/v1/jobs",
  body: { type: "relay", input, ...more },
});

import { generate } from "json-schema-faker";
import { routes } from "../../../src/http/api/routes.ts";
import { newUuid } from "../../../src/ids.ts";
import { insertFinishedJobs } from "../../support/finished-jobs.ts";
import type { TestGalley } from "../../support/galley.ts";

type Route = (typeof routes)[number];

/** A request of a route that is valid but for the state of what it asks for. */
export type ValidRequest = {
  name: string;
  route: Route;
  /** The parts of the path, those that are parameters among them. */
  path: { text: string; isParameter: boolean }[];
  /** Its body. */
  shape?: object;
};

type Json = { readonly [name: string]: Json };

/** One request for each route of the table, and one more for each shape that its body may have. */
export async function validRequests(galley: TestGalley): Promise<ValidRequest[]> {
  const ids = await makeThings(galley);
  const { paths, components } = (await (await fetch(`${galley.url}/openapi.json`)).json()) as Json;
  const requests: ValidRequest[] = [];
  for (const route of routes) {
    // It runs the jobs that all the other requests make, for half a minute each time.
    if (route.path === "/v1/drain") continue;
    // From the first key on, all that is sent without one would be refused, and nothing else be tried.
    if (route.id === "createKey") continue;
    const path = route.path
      .slice(1)
      .split("/")
      .map((part, index, parts) => {
        const isParameter = part.startsWith("{");
        // What is not known here stands for what no tenant has.
        return { text: isParameter ? (ids[parts[index - 1] ?? ""] ?? newUuid()) : part, isParameter };
      });
    const schema = paths?.[route.path]?.[route.method]?.requestBody?.content?.["application/json"]?.schema;
    const shapes = schema ? await shapesOf(schema, components) : [];
    const name = `${route.method.toUpperCase()} ${route.path}`;
    if (shapes.length === 0) requests.push({ name, route, path });
    for (const body of shapes) requests.push({ name, route, path, shape: settle(body, ids) as object });
  }
  return requests;
}

async function makeThings({ test, service }: TestGalley): Promise<Record<string, string>> {
  const [job = ""] = await insertFinishedJobs(test, 1, 0);
  const input = { text: "go" };
  const { batch } = await service.batches.submit("local", { jobs: [{ type: "relay", input }], tags: [] });
  const [topic, article, webhook, delivery] = [newUuid(), newUuid(), newUuid(), newUuid()];
  const schedule = newUuid();
  await test.query("insert into topics (id, tenant, topic_title) values ($1, 'local', 'Bread')", [topic]);
  await test.query(
    "insert into articles (id, tenant, title, content, slug) values ($1, 'local', 'Bread', 'Take flour.', 'bread')",
    [article],
  );
  const url = "https://192.0.2.1/";
  await test.query(
    "insert into webhook_endpoints (id, tenant, url, events) values ($1, 'local', $2, '{batch.completed}')",
    [webhook, url],
  );
  await test.query(
    "insert into webhook_deliveries (id, tenant, url, type, job_id, payload, queue_job_id) values ($1, 'local', $2, 'job.completed', $3, '{}', $4)",
    [delivery, url, job, newUuid()],
  );
  await test.query(
    "insert into schedules (id, tenant, type, input, cron, time_zone, missed) values ($1, 'local', 'relay', $2, '0 6 * * *', 'UTC', 'once')",
    [schedule, input],
  );
  return {
    types: "relay",
    jobs: job,
    batches: batch.id,
    topics: topic,
    articles: article,
    webhooks: webhook,
    deliveries: delivery,
    schedules: schedule,
  };
}

/** Bodies with all that a schema allows, one for each of its alternatives. */
async function shapesOf(schema: Json, components: Json | undefined): Promise<unknown[]> {
  const whole = schema.$ref
    ? (components?.schemas?.[String(schema.$ref).split("/").at(-1) ?? ""] ?? schema)
    : schema;
  const alternatives = Object.values(whole.oneOf ?? { whole });
  // It takes any field: the generator would give it the components that it is given.
  if (whole.additionalProperties && !whole.properties) return [{ text: "go" }];
  const options = { alwaysFakeOptionals: true, seed: 20_261_126 };
  return await Promise.all(
    alternatives.map((one) =>
      generate({ ...(one as Parameters<typeof generate>[0] & object), components }, options),
    ),
  );
}

/** Puts in place what a schema cannot say: what has to be there, and what excludes each other. */
function settle(body: unknown, ids: Record<string, string>): unknown {
  const known: Record<string, unknown> = {
    supersedes: ids.jobs,
    topicId: ids.topics,
    jobId: ids.jobs,
    // Either this or jobId.
    batchId: undefined,
    url: "https://shop.example/hooks",
    webhookUrl: "https://shop.example/hooks",
    startAfter: "2999-01-01T00:00:00Z",
    startBefore: "2999-01-02T00:00:00Z",
    fromPhase: "first",
    window: "24h",
    cron: "0 6 * * *",
    timeZone: "Europe/Berlin",
    maxCostUsd: "1.5",
    language: "en",
    keywords: ["bread"],
  };
  return JSON.parse(
    JSON.stringify(body, (name, value) => {
      if (name in known) return known[name];
      // Where a schema has no list of them.
      if (name === "type" && !["relay", "article"].includes(value)) return "relay";
      if (value === "") return "Bread";
      // Of a phase that is not named in the document.
      if (name === "input" && Object.keys(value).length === 0) return { text: "go" };
      return Array.isArray(value) ? value.slice(0, 1) : value;
    }),
  );
}

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import request from "supertest";
import { createKey } from "../../src/access/keys.ts";
import { type Scope, scopes, usualScopes } from "../../src/access/scopes.ts";
import { routes } from "../../src/http/api/routes.ts";
import { startTestGalley, type TestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

const legacy = "/api/ai/v2-queue";
const unknownJob = `/v1/jobs/job_${"0".repeat(32)}`;

let galley: TestGalley;
let key: string;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api" } });
  key = await makeKey();
});
afterAll(() => galley.close());

const makeKey = (tenant = "acme", granted: readonly Scope[] = usualScopes) =>
  createKey(galley.database.db, tenant, granted);

const read = (shown: string | undefined, path = "/v1/jobs") =>
  request(galley.url)
    .get(path)
    .set(shown === undefined ? {} : { Authorization: `Bearer ${shown}` });

test.each(["/v1/jobs", unknownJob, `${unknownJob}/events`, "/v1/types", "/v1/nothing"])(
  "GET %s without a key is 401, and says how to send one",
  async (path) => {
    const answer = await read(undefined, path);
    expect(answer.headers["www-authenticate"]).toBe('Bearer realm="galley"');
    expect(answer.body).toMatchObject({
      status: 401,
      code: "unauthorized",
      detail: "A key is needed: send Authorization: Bearer glly_….",
    });
  },
);

// A page that holds a token may send it in the address.
const readByToken = new Set(["getJob", "listEvents", "listJobs", "getBatch"]);

test("every route of the table but the health checks wants a key, and the document says so with its scope", async () => {
  const { body: document } = await read(undefined, "/openapi.json");
  const guarded: string[] = [];
  for (const { id, method, path } of routes) {
    const answer = await request(galley.url)[method](path.replace(/\{\w+\}/, "1"));
    const { security, responses } = document.paths[path][method];
    if (answer.status === 401) guarded.push(id);
    const isReading = (method === "get" && id !== "listWebhooks") || id === "createToken";
    const isOperators = /^\/v1\/(pauses|drain|database|keys|tenants)/.test(path);
    const needed = isOperators ? "admin" : isReading ? "jobs:read" : "jobs:write";
    const key = id === "getCurrentKey" ? [] : [needed];
    const token = readByToken.has(id) ? [{ token: [] }] : [];
    expect([id, security]).toEqual([id, answer.status === 401 ? [{ key }, ...token, {}] : []]);
    expect([id, "401" in responses]).toEqual([id, answer.status === 401]);
  }
  expect(routes.map(({ id }) => id).filter((id) => !guarded.includes(id))).toEqual(["getHealth", "getReadiness"]);
});

test.each(["", "/?stats=true", `?jobId=job_${"0".repeat(32)}`])(
  "the former front end's route%s wants one too, in its own shape",
  async (path) => {
    const answer = await read(undefined, `${legacy}${path}`);
    expect(answer.status).toBe(401);
    expect(answer.headers["www-authenticate"]).toBe('Bearer realm="galley"');
    expect(answer.body).toEqual({ error: "A key is needed: send Authorization: Bearer glly_…." });
    expect((await read(key, legacy)).body).toMatchObject({ success: true });
  },
);

test.each(["/", "/healthz", "/readyz", "/openapi.json", "/docs"])("GET %s is open", async (path) => {
  expect((await read(undefined, path)).status).toBe(200);
});

test.each([
  ["another secret", () => `Bearer ${key.slice(0, -1)}${key.endsWith("0") ? "1" : "0"}`],
  ["another id", () => `Bearer ${key.replace(/_[0-9a-f]{16}_/, `_${"0".repeat(16)}_`)}`],
  ["another scheme", () => `Basic ${Buffer.from(`${key}:`).toString("base64")}`],
  ["no key", () => "Bearer "],
  ["a piece of one", () => `Bearer ${key.slice(0, 30)}`],
  ["two", () => `Bearer ${key} ${key}`],
  ["one in capitals", () => `Bearer ${key.toUpperCase()}`],
  ["SQL", () => "Bearer glly_'; drop table api_keys; --_x"],
])("%s is 401, and is not repeated", async (_name, header) => {
  const answer = await request(galley.url).get("/v1/jobs").set("Authorization", header());
  expect(answer.status).toBe(401);
  expect(answer.headers["www-authenticate"]).toBe('Bearer realm="galley", error="invalid_token"');
  expect(answer.body).toMatchObject({ code: "unauthorized", detail: "The key is wrong, or was revoked." });
  expect(JSON.stringify([answer.body, answer.headers])).not.toMatch(/glly_|[0-9a-f]{48}/);
});

test("the scheme is read in any case", async () => {
  expect((await request(galley.url).get("/v1/jobs").set("Authorization", `bearer ${key}`)).status).toBe(200);
});

test("a key's jobs are its tenant's", async () => {
  const { body } = await request(galley.url)
    .post("/v1/jobs")
    .set("Authorization", `Bearer ${key}`)
    .send({ type: "relay", input: { text: "go" } });
  expect((await galley.service.find("acme", body.id)).tenant).toBe("acme");
  expect((await read(key, `/v1/jobs/${body.id}`)).status).toBe(200);
  expect((await read(await makeKey("other"), `/v1/jobs/${body.id}`)).status).toBe(404);
});

test.each<["get" | "post" | "patch" | "delete", string, Scope]>([
  ["get", "/v1/jobs", "jobs:read"],
  ["get", unknownJob, "jobs:read"],
  ["get", `${unknownJob}/events`, "jobs:read"],
  ["get", `${unknownJob}/deliveries`, "jobs:read"],
  ["get", "/v1/webhooks", "jobs:write"],
  ["get", "/v1/schedules", "jobs:read"],
  ["get", "/v1/schedules/1/next", "jobs:read"],
  ["post", "/v1/schedules", "jobs:write"],
  ["patch", "/v1/schedules/1", "jobs:write"],
  ["delete", "/v1/schedules/1", "jobs:write"],
  ["get", "/v1/types", "jobs:read"],
  ["get", "/v1/articles/1", "jobs:read"],
  ["get", legacy, "jobs:read"],
  ["post", "/v1/jobs", "jobs:write"],
  ["post", `${unknownJob}/cancel`, "jobs:write"],
  ["post", `${unknownJob}/resume`, "jobs:write"],
  ["post", legacy, "jobs:write"],
  ["delete", legacy, "jobs:write"],
  ["get", "/v1/database", "admin"],
  ["get", "/V1/Database/", "admin"],
  ["post", "/v1/drain", "admin"],
  ["get", "/v1/keys", "admin"],
  ["post", "/v1/keys", "admin"],
  ["delete", "/v1/keys/1", "admin"],
  ["get", "/v1/tenants", "admin"],
  ["patch", "/v1/tenants/acme", "admin"],
])("%s %s needs %s, and no other scope opens it", async (method, path, needed) => {
  const ask = async (granted: readonly Scope[]) =>
    await request(galley.url)
      [method](path)
      .set("Authorization", `Bearer ${await makeKey("acme", granted)}`);
  const refused = await ask(scopes.filter((scope) => scope !== needed));
  expect(refused.status).toBe(403);
  expect(refused.text).toContain(`This needs a key with the scope ${needed}.`);
  expect([401, 403]).not.toContain((await ask([needed])).status);
});

import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import request from "supertest";
import { createKey } from "../../src/access/keys.ts";
import { type Scope, scopes, usualScopes } from "../../src/access/scopes.ts";
import { createLog } from "../../src/log/log.ts";
import { startGalley } from "../../src/process/start.ts";
import { createTestDatabase } from "../support/database.ts";
import { eventually, startTestGalley, type TestGalley, testConfig } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
let operator: string;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api" } });
  operator = await createKey(galley.database.db, "ops", scopes);
});
afterAll(() => galley.close());

const ask = (method: "get" | "post" | "delete", path: string, key = operator) =>
  request(galley.url)[method](path).set("Authorization", `Bearer ${key}`);
const make = (body: object, key?: string) => ask("post", "/v1/keys", key).send(body);

test("a key that is made works for its tenant, and is shown in that answer alone", async () => {
  const { status, headers, body } = await make({
    tenant: "acme",
    scopes: ["jobs:write", "jobs:read", "jobs:read"],
  });
  expect([status, headers["cache-control"]]).toEqual([201, "no-store"]);
  const { key, ...shown } = body;
  expect(shown).toMatchObject({
    tenant: "acme",
    scopes: ["jobs:write", "jobs:read"],
    lastUsedAt: null,
    revokedAt: null,
  });
  expect(key).toMatch(new RegExp(`^glly_${shown.id}_[0-9a-f]{48}$`));
  const submitted = await ask("post", "/v1/jobs", key).send({ type: "relay", input: { text: "go" } });
  expect((await galley.service.find("acme", submitted.body.id)).tenant).toBe("acme");
  const listed = await ask("get", "/v1/keys");
  expect(listed.body.data).toContainEqual({ ...shown, lastUsedAt: expect.any(String) });
  expect(listed.text).not.toContain(key.split("_")[2]);
});

test("without scopes a key reads and writes jobs", async () => {
  expect((await make({ tenant: "acme" })).body.scopes).toEqual(usualScopes);
});

test.each<[own: Scope[], wanted: Scope[], beyond: Scope | null]>([
  [["admin"], ["admin"], null],
  [["admin", "jobs:read"], ["jobs:read"], null],
  [["admin", "jobs:read"], ["jobs:read", "jobs:write"], "jobs:write"],
  [["admin"], ["jobs:read"], "jobs:read"],
])("a key with %j makes one with %j unless that has more", async (own, wanted, beyond) => {
  const count = async () => (await ask("get", "/v1/keys")).body.data.length;
  const maker = await createKey(galley.database.db, "ops", own);
  const before = await count();
  const { status, body } = await make({ tenant: "ops", scopes: wanted }, maker);
  expect([status, body.detail]).toEqual(
    beyond ? [403, `Only a key with the scope ${beyond} makes keys that have it.`] : [201, undefined],
  );
  expect(await count()).toBe(before + (beyond ? 0 : 1));
});

test("what is left out counts too: the usual scopes are refused to who has not both", async () => {
  const maker = await createKey(galley.database.db, "ops", ["admin"]);
  expect((await make({ tenant: "ops" }, maker)).status).toBe(403);
});

test.each([
  [{}, "/tenant"],
  [{ tenant: "two words" }, "/tenant"],
  [{ tenant: "a".repeat(101) }, "/tenant"],
  [{ tenant: "acme", scopes: [] }, "/scopes"],
  [{ tenant: "acme", scopes: ["jobs"] }, "/scopes/0"],
  [{ tenant: "acme", scope: "admin" }, "/scope"],
])("%j is no order for a key", async (body, pointer) => {
  const answer = await make(body);
  expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, pointer]);
});

test("a revoked key is refused, stays in the list, and cannot be revoked again", async () => {
  const { id, key } = (await make({ tenant: "acme" })).body;
  expect((await ask("get", "/v1/jobs", key)).status).toBe(200);
  expect((await ask("delete", `/v1/keys/${id}`)).status).toBe(204);
  await eventually(
    () => ask("get", "/v1/jobs", key),
    ({ status }) => status === 401,
    2,
  );
  const { data } = (await ask("get", "/v1/keys")).body;
  expect(data.find((one: { id: string }) => one.id === id).revokedAt).toEqual(expect.any(String));
  for (const unknown of [id, "0".repeat(16), key]) {
    const { status, text } = await ask("delete", `/v1/keys/${unknown}`);
    expect([status, JSON.parse(text).code]).toEqual([404, "not_found"]);
    expect(text).not.toContain(key);
  }
});

test.each<Scope[][]>([[["jobs:read"]], [["jobs:write"]], [["admin"]]])(
  "a key with %j may ask what it is for",
  async (own) => {
    const key = await createKey(galley.database.db, "acme", own);
    const { status, body } = await ask("get", "/v1/keys/current", key);
    expect([status, body]).toEqual([200, { id: key.split("_")[1], tenant: "acme", scopes: own }]);
  },
);

test("a token is not for that, and without a key the answer is 401", async () => {
  const { body: job } = await ask("post", "/v1/jobs").send({ type: "relay", input: { text: "go" } });
  const { token } = (await ask("post", "/v1/tokens").send({ jobId: job.id })).body;
  expect((await ask("get", "/v1/keys/current", token)).status).toBe(403);
  expect((await request(galley.url).get("/v1/keys/current")).status).toBe(401);
});

test("the log says who made a key and who revoked it, and has no secret", async () => {
  const log = createLog("silent");
  const info = jest.spyOn(log, "info");
  const database = await createTestDatabase();
  const own = await startGalley(testConfig(database, { ROLES: "api" }), { jobTypes: [relay()], log });
  const first = await request(own.url ?? "")
    .post("/v1/keys")
    .send({ tenant: "ops", scopes });
  const { key, id } = first.body;
  const asked = (method: "get" | "delete", name: string) =>
    request(own.url ?? "")
      [method](`/v1/keys/${name}`)
      .set("Authorization", `Bearer ${key}`);
  // Until the process knows that there are keys, all requests of this machine are let in without one.
  await eventually(
    () => asked("get", "current"),
    ({ body }) => body.id === id,
    3,
  );
  expect((await asked("delete", id)).status).toBe(204);
  const lines = info.mock.calls.map(([line]) => line as unknown as Record<string, unknown>);
  expect(lines.filter(({ event }) => String(event).startsWith("key_"))).toEqual([
    { event: "key_created", keyId: id, tenant: "ops", scopes, by: null },
    { event: "key_revoked", keyId: id, by: id },
  ]);
  expect(JSON.stringify(lines)).not.toContain(key.split("_")[2]);
  await own.close();
  await database.drop();
});

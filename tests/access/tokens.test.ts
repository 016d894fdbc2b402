import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { decodeJwt, SignJWT, UnsecuredJWT } from "jose";
import request from "supertest";
import { createKey, revokeKey } from "../../src/access/keys.ts";
import { scopes, usualScopes } from "../../src/access/scopes.ts";
import { newJobId } from "../../src/ids.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { eventually, startTestGalley, type TestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let database: TestDatabase;
let one: TestGalley;
let two: TestGalley;
let key: string;
let jobId: string;
beforeAll(async () => {
  database = await createTestDatabase();
  const env = { ROLES: "api" };
  one = await startTestGalley({ jobTypes: [relay()], test: database, env });
  two = await startTestGalley({ jobTypes: [relay()], test: database, env });
  key = await createKey(one.database.db, "acme", usualScopes);
  jobId = await submit();
});
afterAll(async () => {
  await one.close();
  await two.close();
  await database.drop();
});

const submit = async (tenant = "acme") =>
  (await one.service.submit(tenant, { type: "relay", input: { text: "go" } })).job.id;

const ask = (body: object, shown = key, { url } = one) =>
  request(url).post("/v1/tokens").set("Authorization", `Bearer ${shown}`).send(body);
const tokenFor = async (body: object = { jobId }, shown = key): Promise<string> =>
  (await ask(body, shown)).body.token;

const read = (token: string, path = `/v1/jobs/${jobId}`, { url } = one) =>
  request(url).get(path).set("Authorization", `Bearer ${token}`);

test("a token of one process reads its job and its events in another, in the header and in the address", async () => {
  const { status, headers, body } = await ask({ jobId, ttlSeconds: 60 });
  expect([status, headers["cache-control"]]).toEqual([201, "no-store"]);
  const secondsLeft = (Date.parse(body.expiresAt) - Date.now()) / 1000;
  expect(secondsLeft).toBeGreaterThan(55);
  expect(secondsLeft).toBeLessThanOrEqual(60);
  for (const path of [`/v1/jobs/${jobId}`, `/v1/jobs/${jobId}/events`]) {
    expect((await read(body.token, path, two)).status).toBe(200);
    expect((await request(two.url).get(`${path}?token=${body.token}`)).status).toBe(200);
  }
  const after = await request(two.url).get(`/v1/jobs/${jobId}/events?after=1&token=${body.token}`);
  expect([after.status, after.body]).toEqual([200, { data: [] }]);
  const before = await request(two.url).get(`/v1/jobs/${jobId}/events?token=${body.token}&after=0`);
  expect(before.body.data).toHaveLength(1);
});

test("it is for nothing else, be it there or not", async () => {
  const token = await tokenFor();
  const [sibling, foreign] = [await submit(), await submit("other")];
  const asks = [
    ...[sibling, foreign, newJobId()].flatMap((id) => [`/v1/jobs/${id}`, `/v1/jobs/${id}/events`]),
    "/v1/jobs",
    `/v1/jobs?q=${jobId}`,
    "/v1/types",
    "/v1/articles/1",
    "/v1/nothing",
    `/api/ai/v2-queue?jobId=${jobId}`,
    `/v1/jobs/${jobId}/../${sibling}`,
  ];
  for (const path of asks) expect([path, (await read(token, path)).status]).toEqual([path, 403]);
  for (const path of [`/v1/jobs/${jobId}/cancel`, `/v1/jobs/${jobId}/resume`, "/v1/jobs", "/v1/tokens"]) {
    const answer = await request(one.url).post(path).set("Authorization", `Bearer ${token}`).send({ jobId });
    expect([path, answer.status]).toEqual([path, 403]);
  }
  expect((await one.service.find("acme", jobId)).status).toBe("pending");
});

test("a token for a batch lists its jobs, and no others", async () => {
  const batchId = `batch_${"a".repeat(32)}`;
  await database.query("update generation_jobs set batch_id = $1 where id = $2", [batchId, await submit()]);
  const token = await tokenFor({ batchId });
  const listed = await read(token, `/v1/jobs?batchId=${batchId}`);
  expect([listed.status, listed.body.data.length]).toEqual([200, 1]);
  for (const path of ["/v1/jobs", `/v1/jobs?batchId=batch_${"b".repeat(32)}`, `/v1/jobs/${jobId}`]) {
    expect([path, (await read(token, path)).status]).toEqual([path, 403]);
  }
  expect((await read(token, `/v1/jobs?batchId=${batchId}&batchId=batch_${"b".repeat(32)}`)).status).toBe(403);
});

test.each<[object, number]>([
  [{}, 400],
  [{ jobId: "job_1", batchId: `batch_${"a".repeat(32)}` }, 400],
  [{ jobId: 7 }, 400],
  [{ jobId: "job_1", ttlSeconds: 0 }, 400],
  [{ jobId: "job_1", ttlSeconds: 86_401 }, 400],
  [{ jobId: "job_1", more: 1 }, 400],
  [{ jobId: "job_1" }, 404],
  [{ batchId: `batch_${"c".repeat(32)}` }, 404],
])("%j gets no token: %d", async (body, status) => {
  expect((await ask(body)).status).toBe(status);
});

test("another tenant's job gets no token, and a key that may not read gets none", async () => {
  expect((await ask({ jobId: await submit("other") })).status).toBe(404);
  const writer = await createKey(one.database.db, "acme", ["jobs:write", "admin"]);
  expect((await ask({ jobId }, writer)).status).toBe(403);
});

test("what none of ours has signed, for us, for now, is refused", async () => {
  const token = await tokenFor();
  const [head = "", claims = "", signature = ""] = token.split(".");
  const payload = decodeJwt(token);
  const { rows } = await database.query("select secret from token_secret");
  const secret = Buffer.from(rows[0].secret, "hex");
  const sign = (more: object, by = secret, alg = "HS256") =>
    new SignJWT({ ...payload, ...more }).setProtectedHeader({ alg }).sign(by);
  expect((await read(await sign({}))).status).toBe(200);
  const { exp: _, ...endless } = payload;
  const forged = [
    `${head}.${claims}.${signature.slice(0, -2)}AA`,
    `${head}.${Buffer.from(JSON.stringify({ ...payload, tenant: "other" })).toString("base64url")}.${signature}`,
    new UnsecuredJWT(payload).encode(),
    await sign({}, Buffer.alloc(32, 1)),
    await sign({}, Buffer.concat([secret, secret]), "HS512"),
    await sign({ aud: "another" }),
    await sign({ subject: { jobId, batchId: "batch_1" } }),
    await sign({ keyId: null }),
    await sign({ keyId: "0".repeat(16) }),
    await new SignJWT(endless).setProtectedHeader({ alg: "HS256" }).sign(secret),
  ];
  for (const [index, one] of forged.entries()) expect([index, (await read(one)).status]).toEqual([index, 401]);
  const expired = await read(await sign({ exp: Math.floor(Date.now() / 1000) - 1 }));
  expect([expired.status, expired.body.detail]).toEqual([401, "The token has expired."]);
  expect(expired.headers["www-authenticate"]).toContain("invalid_token");
});

test("a token dies with the key that asked for it, and counts as its requests", async () => {
  const asking = await createKey(one.database.db, "acme", scopes);
  const token = await tokenFor({ jobId }, asking);
  const [byKey, byToken] = [await read(asking), await read(token)];
  expect(byToken.headers["ratelimit-policy"]).toBe(byKey.headers["ratelimit-policy"]);
  const [, id = ""] = asking.split("_");
  await revokeKey(one.database.db, id);
  const refused = await eventually(
    () => read(token),
    ({ status }) => status === 401,
    3,
  );
  expect(refused.body.detail).toBe("The key behind the token was revoked.");
});

test("a header goes before a token in the address", async () => {
  const answer = await request(one.url)
    .get(`/v1/jobs?token=${await tokenFor()}`)
    .set("Authorization", `Bearer ${key}`);
  expect(answer.status).toBe(200);
});

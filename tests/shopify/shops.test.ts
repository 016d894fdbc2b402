import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import request from "supertest";
import { createKey } from "../../src/access/keys.ts";
import { createSealer, type Sealer } from "../../src/access/sealer.ts";
import { type Credentials, openCredentials } from "../../src/content/shopify/credentials.ts";
import { readConfig } from "../../src/settings/config.ts";
import { startTestGalley, type TestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

const secretsKey = randomBytes(32).toString("base64");
const sealer = createSealer([secretsKey]) as Sealer;
const app = { clientId: "app-id-7f3a", clientSecret: "shpss_very-secret" };
const fixed = { accessToken: "shpat_very-secret" };

let galley: TestGalley;
let key: string;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api", SECRETS_KEY: secretsKey } });
  key = await createKey(galley.database.db, "acme", ["jobs:read", "jobs:write"]);
});
afterAll(() => galley.close());

const ask = (method: "get" | "post" | "patch" | "delete", path = "", body?: object) =>
  request(galley.url)[method](`/v1/shops${path}`).set("Authorization", `Bearer ${key}`).send(body);

type Row = { id: string; tenant: string; domain: string; credentials: string };
const rows = async (): Promise<Row[]> => (await galley.test.query("select * from shops order by domain")).rows;

/** What a worker would sign in with. */
const keptOf = (row: Row | undefined): Credentials => openCredentials(sealer, row as Row);

test("shops are kept with credentials of either kind, which no answer and no column shows", async () => {
  const created = await ask("post", "", { domain: "bread.myshopify.com", ...app });
  expect(created.status).toBe(201);
  expect(created.body).toEqual({
    id: expect.any(String),
    domain: "bread.myshopify.com",
    credentials: "client_credentials",
    createdAt: expect.any(String),
    updatedAt: expect.any(String),
  });
  const other = await ask("post", "", { domain: "a-2.myshopify.com", ...fixed });
  expect(other.body).toMatchObject({ credentials: "access_token" });

  const { body, text } = await ask("get");
  expect(body).toEqual({ data: [other.body, created.body], canConnect: true });
  const kept = await rows();
  expect(kept.map(keptOf)).toEqual([fixed, app]);
  for (const secret of [app.clientId, app.clientSecret, fixed.accessToken]) {
    expect(`${text}${created.text}${other.text}`).not.toContain(secret);
    expect(JSON.stringify(kept)).not.toContain(secret);
  }
  // Copied into another row, they open nothing.
  const [first, second] = kept as [Row, Row];
  expect(() => keptOf({ ...first, credentials: second.credentials })).toThrow("sealed for another row");

  const again = await ask("post", "", { domain: "bread.myshopify.com", ...fixed });
  expect(again.status).toBe(400);
  expect(again.body.errors).toEqual([
    {
      pointer: "/domain",
      message: "this shop is there already: PATCH /v1/shops/{id} gives it other credentials",
    },
  ]);

  const changed = await ask("patch", `/${created.body.id}`, fixed);
  expect(changed.body).toMatchObject({ id: created.body.id, credentials: "access_token" });
  expect((await rows()).map(keptOf)).toEqual([fixed, fixed]);

  expect((await ask("delete", `/${created.body.id}`)).status).toBe(204);
  expect((await ask("delete", `/${created.body.id}`)).status).toBe(404);
  expect((await ask("patch", `/${created.body.id}`, app)).status).toBe(404);
  expect((await ask("get")).body.data).toEqual([other.body]);
  expect((await ask("delete", `/${other.body.id}`)).status).toBe(204);
});

test.each([
  "shop.example",
  "bread.myshopify.com.evil.example",
  "evil.example/bread.myshopify.com",
  "evil.example#.myshopify.com",
  "user@evil.example?.myshopify.com",
  "bread.myshopify.com:8443",
  "bread.myshopify.com/admin",
  "https://bread.myshopify.com",
  "sub.bread.myshopify.com",
  "-bread.myshopify.com",
  ".myshopify.com",
  "BREAD.myshopify.com",
  "bread.myshopify.com\n",
  "bréad.myshopify.com",
  `${"a".repeat(64)}.myshopify.com`,
])("%j is no shop's domain: nothing is kept", async (domain) => {
  const { status, body } = await ask("post", "", { domain, ...fixed });
  expect(status).toBe(400);
  expect(body.errors).toEqual([
    { pointer: "/domain", message: "expected the domain that Shopify gave the shop, like my-shop.myshopify.com" },
  ]);
  expect(await rows()).toEqual([]);
});

test.each([
  ["none", {}],
  ["half of them", { clientId: "app" }],
  ["two kinds", { ...app, ...fixed }],
  ["half a kind and a whole one", { clientSecret: "secret", ...fixed }],
])("credentials of %s are refused, without showing them", async (_what, credentials) => {
  const { status, body, text } = await ask("post", "", { domain: "bread.myshopify.com", ...credentials });
  expect(status).toBe(400);
  expect(body.errors[0].message).toBe("expected clientId and clientSecret, or accessToken");
  for (const secret of Object.values(credentials)) expect(text).not.toContain(`"${secret}"`);
  expect(await rows()).toEqual([]);
});

test("a token that no header can carry is refused", async () => {
  const { status, body, text } = await ask("post", "", { domain: "bread.myshopify.com", accessToken: "a\r\nb" });
  expect(status).toBe(400);
  expect(body.errors).toEqual([
    { pointer: "/accessToken", message: "expected visible ASCII, no spaces, at most 500" },
  ]);
  expect(text).not.toContain("a\\r\\nb");
});

test("a service without SECRETS_KEY says so, and keeps nothing", async () => {
  const bare = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api" }, test: galley.test });
  try {
    const authorization = `Bearer ${key}`;
    const listed = await request(bare.url).get("/v1/shops").set("Authorization", authorization);
    expect(listed.body).toEqual({ data: [], canConnect: false });
    const { status, body } = await request(bare.url)
      .post("/v1/shops")
      .set("Authorization", authorization)
      .send({ domain: "bread.myshopify.com", ...app });
    expect(status).toBe(403);
    expect(body).toMatchObject({
      code: "forbidden",
      detail: "This service keeps no credentials: SECRETS_KEY, which they would be sealed with, is not set.",
    });
    expect(await rows()).toEqual([]);
  } finally {
    await bare.close();
  }
});

test("a key of another length is refused at the start, and not printed", () => {
  const short = Buffer.alloc(16, 7).toString("base64");
  expect(() => readConfig({ SECRETS_KEY: short })).toThrow("SECRETS_KEY: expected 32 bytes in base64");
  expect(() => readConfig({ SECRETS_KEY: `${secretsKey},${short}` })).toThrow("SECRETS_KEY");
  try {
    readConfig({ SECRETS_KEY: short });
  } catch (error) {
    expect(String(error)).not.toContain(short);
  }
  expect(readConfig({ SECRETS_KEY: `${secretsKey}, ${secretsKey}` }).SECRETS_KEY).toHaveLength(2);
});

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import request from "supertest";
import { readConfig } from "../../src/settings/config.ts";
import { startTestGalley, type TestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

const shop = "https://shop.example";
let closed: TestGalley;
let named: TestGalley;
beforeAll(async () => {
  closed = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api" } });
  named = await startTestGalley({
    jobTypes: [relay()],
    env: { ROLES: "api", CORS_ORIGINS: `https://a.example, ${shop}` },
  });
});
afterAll(async () => {
  await closed.close();
  await named.close();
});

const submit = ({ url }: TestGalley, origin: string) =>
  request(url)
    .post("/v1/jobs")
    .set("Origin", origin)
    .send({ type: "relay", input: { text: "go" } });
const preflight = ({ url }: TestGalley, origin: string) =>
  request(url).options("/v1/jobs").set({
    Origin: origin,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization",
  });

test.each(["/v1/jobs", "/v1/nothing", "/healthz", "/nothing"])(
  "the answer of %s gives a browser no rights",
  async (path) => {
    const { headers } = await request(closed.url).get(path);
    expect(headers).toMatchObject({
      "content-security-policy": "default-src 'none';frame-ancestors 'none'",
      "x-content-type-options": "nosniff",
      "x-frame-options": "SAMEORIGIN",
      "referrer-policy": "no-referrer",
      "cross-origin-resource-policy": "same-origin",
    });
    // Over plain HTTP it would be wrong, and behind TLS it is the proxy's.
    expect(headers["strict-transport-security"]).toBeUndefined();
    expect(headers["x-powered-by"]).toBeUndefined();
  },
);

test("without the setting no page of another origin is let in", async () => {
  expect((await preflight(closed, shop)).headers["access-control-allow-origin"]).toBeUndefined();
  expect((await submit(closed, shop)).status).toBe(403);
});

test("a page whose origin is named submits and reads, with what its script must see", async () => {
  const allowed = await preflight(named, shop);
  expect(allowed.status).toBe(204);
  expect(allowed.headers).toMatchObject({
    "access-control-allow-origin": shop,
    "access-control-allow-headers": expect.stringContaining("Authorization"),
    "access-control-allow-methods": expect.stringContaining("POST"),
  });
  const { status, headers } = await submit(named, shop);
  expect([status, headers["access-control-allow-origin"]]).toEqual([202, shop]);
  expect(headers["access-control-expose-headers"]).toContain("RateLimit");
  expect(headers["access-control-allow-credentials"]).toBeUndefined();
  expect(headers.vary).toContain("Origin");
  const refused = await request(named.url).get("/v1/nothing").set("Origin", shop);
  expect([refused.status, refused.headers["access-control-allow-origin"]]).toEqual([404, shop]);
});

test.each(["https://shop.example.evil.example", "https://evil.example", "http://shop.example", "null"])(
  "a page of %s is not let in",
  async (origin) => {
    expect((await preflight(named, origin)).headers["access-control-allow-origin"]).toBeUndefined();
    const answer = await submit(named, origin);
    expect([answer.status, answer.headers["access-control-allow-origin"]]).toEqual([403, undefined]);
  },
);

test.each(["*", "shop.example", "https://shop.example/", "https://a.example,,", "ftp://shop.example"])(
  "CORS_ORIGINS=%s is refused at the start",
  (CORS_ORIGINS) => {
    expect(() => readConfig({ CORS_ORIGINS })).toThrow(
      /CORS_ORIGINS: expected origins like https:\/\/shop\.example/,
    );
  },
);

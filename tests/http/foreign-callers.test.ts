import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import request from "supertest";
import { startTestGalley, type TestGalley } from "../support/galley.ts";
import { sendRaw } from "../support/raw-http.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api" } });
});
afterAll(() => galley.close());

const legacy = "/api/ai/v2-queue";
const submit = (headers: Record<string, string>) =>
  request(galley.url)
    .post("/v1/jobs")
    .set(headers)
    .send({ type: "relay", input: { text: "go" } });

describe("a page whose name was pointed at this machine reads nothing", () => {
  test.each(["/", "/v1/jobs", "/v1/types", "/v1/nothing", "/healthz", "/readyz", legacy, `${legacy}?stats=true`])(
    "GET %s",
    async (path) => {
      const answer = await request(galley.url).get(path).set("Host", "rebound.example:3000");
      expect(answer.status).toBe(421);
      expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
      expect(answer.body).toMatchObject({
        status: 421,
        code: "misdirected",
        detail: expect.stringContaining('"rebound.example:3000"'),
      });
    },
  );

  test.each([
    "rebound.example",
    "localhost.rebound.example",
    "127.0.0.1.rebound.example",
    "notlocalhost",
    "localhost:3000@rebound.example",
    "10.0.0.1:3000",
    "0.0.0.0:3000",
    "[::2]:3000",
    "[::1].rebound.example",
  ])("nor writes as %s", async (host) => {
    expect((await submit({ Host: host })).status).toBe(421);
  });
});

test.each([
  "localhost",
  "LOCALHOST:3000",
  "localhost.:3000",
  "shop.localhost:5173",
  "127.0.0.1",
  "127.8.9.10:80",
  "[::1]",
  "[::1]:3000",
])("this machine is served as %s", async (host) => {
  expect((await request(galley.url).get("/v1/jobs").set("Host", host)).status).toBe(200);
});

test("a probe of HTTP/1.0, which names no host, is served", async () => {
  expect((await sendRaw(galley.url, "GET /healthz HTTP/1.0\r\n\r\n")).status).toBe(200);
});

describe("a page of another origin changes nothing", () => {
  test.each(["https://rebound.example", "http://localhost.rebound.example", "null", "file://"])(
    "from %s",
    async (origin) => {
      const answer = await submit({ Origin: origin });
      expect(answer.body).toMatchObject({
        status: 403,
        code: "forbidden",
        detail: expect.stringContaining(origin),
      });
      const cancel = `/v1/jobs/job_${"0".repeat(32)}/cancel`;
      expect((await request(galley.url).post(cancel).set("Origin", origin)).status).toBe(403);
      expect((await request(galley.url).delete(legacy).set("Origin", origin)).status).toBe(403);
    },
  );

  test("what it may read it still cannot see: no answer permits it to", async () => {
    const answer = await request(galley.url).get("/v1/jobs").set("Origin", "https://rebound.example");
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
  });
});

test.each(["http://localhost:5173", "http://127.0.0.1:3000", "https://shop.localhost", "http://[::1]:3000"])(
  "a page of this machine at %s submits",
  async (origin) => {
    expect((await submit({ Origin: origin })).status).toBe(202);
  },
);

test("a command such as curl, which names no origin, submits", async () => {
  expect((await submit({})).status).toBe(202);
});

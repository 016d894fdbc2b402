import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import request from "supertest";
import { startTestGalley, type TestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api" } });
});
afterAll(async () => {
  const { rows } = await galley.test.query("select count(*)::integer as jobs from generation_jobs");
  expect(rows).toEqual([{ jobs: 0 }]);
  await galley.close();
});

const valid = { type: "relay", input: { text: "go" } };
const post = (body: string, type = "application/json") =>
  request(galley.url).post("/v1/jobs").set("Content-Type", type).send(body);

describe("a request that cannot be served is refused with a problem", () => {
  const cases: [name: string, body: string, status: number, code: string, pointer?: string][] = [
    ["not JSON", "{", 400, "invalid_json"],
    ["no body", "", 400, "invalid_input", "/type"],
    ["an array", "[]", 400, "invalid_input", ""],
    ["no type", JSON.stringify({ input: {} }), 400, "invalid_input", "/type"],
    ["an unknown type", JSON.stringify({ ...valid, type: "poem" }), 400, "unknown_type", "/type"],
    ["a type that is no text", JSON.stringify({ ...valid, type: 7 }), 400, "invalid_input", "/type"],
    ["a type from the prototype", JSON.stringify({ ...valid, type: "constructor" }), 400, "unknown_type", "/type"],
    ["an unknown field", JSON.stringify({ ...valid, colour: "red" }), 400, "invalid_input", "/colour"],
    ["a wrong input", JSON.stringify({ ...valid, input: { text: 1 } }), 400, "invalid_input", "/input/text"],
    ["no input", JSON.stringify({ type: "relay" }), 400, "invalid_input", "/input"],
    ["NUL in a text", JSON.stringify({ ...valid, input: { text: "a\0b" } }), 400, "invalid_input", "/input/text"],
    [
      "NUL in a key",
      JSON.stringify({ ...valid, input: { "te\0xt": "a" } }),
      400,
      "invalid_input",
      "/input/te\\0xt",
    ],
    ["a priority out of range", JSON.stringify({ ...valid, priority: 1e9 }), 400, "invalid_input", "/priority"],
    [
      "a time that is none",
      JSON.stringify({ ...valid, startAfter: "tomorrow" }),
      400,
      "invalid_input",
      "/startAfter",
    ],
    [
      "a budget that is no decimal",
      JSON.stringify({ ...valid, maxCostUsd: 0.5 }),
      400,
      "invalid_input",
      "/maxCostUsd",
    ],
    ["too many tags", JSON.stringify({ ...valid, tags: Array(21).fill("t") }), 400, "invalid_input", "/tags"],
    ["a topic that is no id", JSON.stringify({ ...valid, topicId: "7" }), 400, "invalid_input", "/topicId"],
    [
      "an unknown topic",
      JSON.stringify({ ...valid, topicId: "00000000-0000-4000-8000-000000000000" }),
      400,
      "invalid_input",
      "/topicId",
    ],
    [
      "an unknown job to supersede",
      JSON.stringify({ ...valid, supersedes: `job_${"0".repeat(32)}` }),
      400,
      "invalid_input",
      "/supersedes",
    ],
    [
      "a time beyond the calendar",
      JSON.stringify({ ...valid, startAfter: "9999-12-31T23:59:59-23:00" }),
      400,
      "invalid_input",
      "/startAfter",
    ],
    [
      "a time before the calendar",
      JSON.stringify({ ...valid, startAfter: "0000-01-01T00:00:00Z" }),
      400,
      "invalid_input",
      "/startAfter",
    ],
    [
      "200,000 levels",
      `{"type":"relay","input":${"[".repeat(200_000)}${"]".repeat(200_000)}}`,
      400,
      "invalid_input",
    ],
    ["2 MiB", JSON.stringify({ ...valid, input: { text: "x".repeat(2 * 1024 * 1024) } }), 413, "too_large"],
  ];
  test.each(cases.map(([name, ...rest]) => ({ name, rest })))(
    "$name",
    async ({ rest: [body, status, code, pointer] }) => {
      const answer = await post(body);
      expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
      expect(answer.body).toMatchObject({
        status,
        code,
        type: `urn:galley:problem:${code}`,
        title: expect.any(String),
        detail: expect.any(String),
      });
      expect(answer.status).toBe(status);
      if (pointer !== undefined)
        expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
      expect(answer.text).not.toMatch(/ at .*\.(ts|js):\d+/);
    },
  );

  test("a body that is no JSON type", async () => {
    const answer = await post("type=relay", "application/x-www-form-urlencoded");
    expect(answer.body).toMatchObject({
      status: 400,
      code: "invalid_input",
      detail: expect.stringContaining("application/json"),
    });
  });

  test("a broken Idempotency-Key", async () => {
    const answer = await request(galley.url).post("/v1/jobs").set("Idempotency-Key", "x".repeat(256)).send(valid);
    expect(answer.body).toMatchObject({ status: 400, code: "invalid_input" });
  });

  const paths: [path: string, status: number, code: string][] = [
    ["/v1/jobs/job_00000000000000000000000000000000", 404, "not_found"],
    ["/v1/jobs/7", 404, "not_found"],
    ["/v1/jobs/%00", 404, "not_found"],
    ["/v1/jobs/'%20or%201=1", 404, "not_found"],
    ["/v1/jobs/%E0%A4%A", 400, "invalid_input"],
    ["/v1/articles/7", 404, "not_found"],
    ["/v1/articles/00000000-0000-4000-8000-000000000000", 404, "not_found"],
    ["/v1/types/poem", 404, "not_found"],
    ["/v1/nothing", 404, "not_found"],
    ["/v1/jobs?limit=0", 400, "invalid_input"],
    ["/v1/jobs?limit=1000", 400, "invalid_input"],
    ["/v1/jobs?status=lost", 400, "invalid_input"],
    ["/v1/jobs?cursor=abc", 400, "invalid_input"],
    ["/v1/jobs?colour=red", 400, "invalid_input"],
    ["/v1/jobs?q=%00", 400, "invalid_input"],
    ["/v1/jobs?tag=%00", 400, "invalid_input"],
  ];
  test.each(paths)("GET %s", async (path, status, code) => {
    const answer = await request(galley.url).get(path);
    expect(answer.body).toMatchObject({ status, code });
    expect(answer.status).toBe(status);
  });

  test("cancelling what does not exist", async () => {
    const answer = await request(galley.url).post("/v1/jobs/nonsense/cancel");
    expect(answer.body).toMatchObject({ status: 404, code: "not_found" });
  });
});

test("a body where none is asked for is refused, and has no effect", async () => {
  const cancel = () => request(galley.url).post("/v1/jobs/job_01a21875ac0072aa9f742b1051a60ecf/cancel");
  const refused = await cancel().send({ reason: "too slow" }).expect(400);
  expect(refused.body.errors).toEqual([{ pointer: "/reason", message: "unknown field" }]);
  await cancel().send({}).expect(404);
});

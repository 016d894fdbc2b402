import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import fc from "fast-check";
import { generate } from "json-schema-faker";
import request from "supertest";
import { jobTypes } from "../../jobs/index.ts";
import { requestErrors } from "../../src/errors.ts";
import { routes } from "../../src/http/api/routes.ts";
import { startTestGalley, type TestGalley } from "../support/galley.ts";

let galley: TestGalley;
type Node = { readonly [name: string]: Node };
let document: Node;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes, env: { ROLES: "api" } });
  document = (await request(galley.url).get("/openapi.json")).body;
});
afterAll(() => galley.close());

const schemas = (): Node => document.components?.schemas ?? {};
const bodyOf = (path: string): Node =>
  document.paths?.[path]?.post?.requestBody?.content?.["application/json"]?.schema ?? {};

test("the document is valid OpenAPI 3.1", async () => {
  const config = await createConfig({ extends: ["spec"] });
  const problems = await lintFromString({ source: JSON.stringify(document), config });
  expect(problems.map(({ message, location: [place] }) => `${place?.pointer}: ${message}`)).toEqual([]);
  expect(document.openapi).toBe("3.1.1");
});

test("every route is in it, and only what may hold anything is described by nothing", () => {
  const operations = Object.values(document.paths ?? {}).flatMap((methods) => Object.values(methods));
  expect(operations.map(({ operationId }) => operationId).toSorted()).toEqual(
    routes.map(({ id }) => id).toSorted(),
  );
  const empty: string[] = [];
  const visit = (value: unknown, path: string) => {
    if (typeof value !== "object" || value === null) return;
    if (/\/(properties\/[^/]+|schema|items|additionalProperties)$/.test(path) && Object.keys(value).length === 0) {
      empty.push(path);
    }
    for (const [key, member] of Object.entries(value)) visit(member, `${path}/${key}`);
  };
  visit(document, "");
  expect(empty.toSorted()).toEqual([
    "/components/schemas/Answer/properties/answer/anyOf/0/additionalProperties",
    "/components/schemas/Answer/properties/schema/additionalProperties",
    "/components/schemas/Event/properties/data/additionalProperties",
    "/components/schemas/Job/properties/input",
    "/components/schemas/Job/properties/result",
    "/components/schemas/Type/properties/input/additionalProperties",
    "/paths//v1/jobs/{id}/answers/{name}/post/requestBody/content/application/json/schema/additionalProperties",
  ]);
});

test("each type's input is described, and each code of a problem", () => {
  const body = bodyOf("/v1/jobs");
  expect(body.discriminator).toEqual({
    propertyName: "type",
    mapping: Object.fromEntries(jobTypes.map(({ type }) => [type, `#/components/schemas/Submission_${type}`])),
  });
  expect(schemas().ScheduleRequest_article?.properties?.input).toEqual({
    $ref: "#/components/schemas/Input_article",
  });
  expect(schemas().Submission_article?.properties?.input).toEqual({ $ref: "#/components/schemas/Input_article" });
  expect(schemas().Input_article?.properties?.topic).toMatchObject({
    type: "object",
    required: ["title"],
  });
  expect(schemas().ProblemCode?.enum).toEqual(Object.keys(requestErrors));
});

test("it names the headers that a client goes by, and where a token in the address is enough", () => {
  const said = (path: string, method: string, status: string) => {
    const described = Object.entries(document.paths?.[path]?.[method]?.responses?.[status]?.headers ?? {});
    return Object.fromEntries(described.map(([name, { required }]) => [name, Boolean(required)]));
  };
  const ofAny = { "X-Request-Id": true, RateLimit: false, "RateLimit-Policy": false, ETag: false };
  expect(said("/v1/jobs", "post", "202")).toEqual({ ...ofAny, Location: true, "Retry-After": false });
  expect(said("/v1/jobs", "post", "200")).toMatchObject({ "Idempotency-Replayed": true });
  expect(said("/v1/jobs/{id}", "get", "304")).toMatchObject({ "Preference-Applied": false });
  expect(said("/v1/jobs", "get", "401")).toEqual({ ...ofAny, "WWW-Authenticate": true });
  const withToken = routes.filter(({ path, method }) =>
    Object.values(document.paths?.[path]?.[method]?.security ?? {}).some((one) => "token" in one),
  );
  expect(withToken.map(({ id }) => id).toSorted()).toEqual(["getBatch", "getJob", "listEvents", "listJobs"]);
});

test("the page of the document loads nothing from elsewhere", async () => {
  const page = await request(galley.url).get("/docs");
  expect(page.get("Content-Security-Policy")).toContain("script-src 'self'; style-src 'self'");
  const files = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file = ""]) => file);
  expect(files).toEqual(["/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js", "/docs/start.js"]);
  for (const file of files) {
    const { status, type } = await request(galley.url).get(file);
    expect([status, type]).toEqual([200, file.endsWith(".css") ? "text/css" : "text/javascript"]);
  }
});

test.each([
  ["Range", "bytes=999999999-"],
  ["If-Match", '"another"'],
  ["If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT"],
])("the files of that page are sent whole, whatever %s says", async (name, value) => {
  const file = await request(galley.url).get("/docs/swagger-ui.css").set(name, value);
  expect([file.status, file.get("Cache-Control")]).toEqual([200, "public, max-age=3600"]);
});

// The same bodies in each run.
const seed = 20_261_126;

// Rules that JSON Schema cannot say.
const unsaid = [
  /https address/,
  /language tag/,
  /different ids/,
  /^\/input\/topic\/keywords.*: Too big/,
  /a time after startAfter/,
];

test("bodies that are made from the document are taken, but for rules that it cannot say", async () => {
  let taken = 0;
  const schema = schemas().Submission_article;
  // A topic and a job that are named must be there.
  const { topicId: _, supersedes: __, ...properties } = schema?.properties ?? {};
  await fc.assert(
    fc.asyncProperty(fc.nat(), async (number) => {
      const body = await generate({ ...schema, properties, components: document.components }, { seed: number });
      // So must a shop.
      delete (body as { input: { publish?: unknown } }).input.publish;
      const { status, body: answer } = await request(galley.url)
        .post("/v1/jobs")
        .send(body as object);
      const problems: { pointer: string; message: string }[] = answer.errors ?? [];
      const others = problems
        .map(({ pointer, message }) => `${pointer}: ${message}`)
        .filter((problem) => !unsaid.some((rule) => rule.test(problem)));
      expect(others).toEqual([]);
      if (problems.length === 0) {
        expect(status).toBe(202);
        taken++;
      }
    }),
    { numRuns: 60, seed },
  );
  expect(taken).toBeGreaterThan(3);
}, 60_000);

describe("bodies that are made from the document, with one place broken", () => {
  const garbage = fc.oneof(
    fc.constantFrom<unknown>(null, true, -1, 1.5, 1e308, "", "\u0000", "\ud83d", "x".repeat(5_000), [], {}, [[]], {
      a: 1,
    }),
    fc.string(),
    fc.double(),
  );

  /** Puts `value` at one of the places of `body`, the `choice`th of them. */
  function breakAt(body: unknown, choice: number, value: unknown): unknown {
    const copy = structuredClone(body);
    const places: [Record<string, unknown>, string][] = [];
    const visit = (node: unknown) => {
      if (typeof node !== "object" || node === null) return;
      for (const [key, member] of Object.entries(node)) {
        places.push([node as Record<string, unknown>, key]);
        visit(member);
      }
    };
    visit(copy);
    const [node, key] = places[choice % places.length] ?? [];
    if (node && key !== undefined) node[key] = value;
    return copy;
  }

  test.each(["/v1/jobs", "/v1/jobs/job_none/resume"])(
    "are taken or refused with a problem at POST %s, never an error of ours",
    async (path) => {
      const schema = { ...bodyOf(path.replace("job_none", "{id}")), components: document.components };
      await fc.assert(
        fc.asyncProperty(fc.nat(), fc.nat(), garbage, async (number, choice, value) => {
          const whole = await generate(schema, { seed: number, alwaysFakeOptionals: number % 2 === 0 });
          const broken = breakAt(whole, choice, value);
          const { status, body } = await request(galley.url)
            .post(path)
            .send(broken as object);
          // What fits the document beside this is checked with every answer: see tests/support/responses.ts.
          expect(status).toBeLessThan(500);
          if (status >= 400 && status !== 404) expect(body.detail).toEqual(expect.any(String));
        }),
        { numRuns: 150, seed },
      );
    },
    60_000,
  );
});

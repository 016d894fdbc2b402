import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { startTarget, type Target } from "./target.ts";
import { hostileHeaders } from "./values.ts";

let service: Target;
beforeAll(async () => {
  service = await startTarget();
});
afterAll(() => service.galley.close());
afterEach(() => service.expectAlive());

test("each header of each route, and those that every server knows", async () => {
  const usual = [
    "Accept",
    "Cookie",
    "If-Modified-Since",
    "If-None-Match",
    "Origin",
    "Range",
    "X-Forwarded-For",
    "X-HTTP-Method-Override",
    "X-Request-Id",
  ];
  const hostile = service.requests.flatMap((one) => {
    const { headers } = one.route as { headers?: { shape: object } };
    const names = [...Object.keys(headers?.shape ?? {}), ...usual];
    return names.flatMap((name) =>
      hostileHeaders.map((value) => ({
        ...one,
        place: `${name}: ${value}`,
        headers: `${name}: ${value}
`,
      })),
    );
  });
  expect(await service.failuresOf(hostile)).toEqual([]);
}, 240_000);

test("types of a body that are none", async () => {
  const types = [
    "",
    "/",
    "json",
    "text/plain",
    "application/json/x",
    "application/jsonp",
    "application/*",
    "*/*",
    "multipart/form-data",
    "application/xml",
    ...[
      '; charset="',
      "; charset=utf-16",
      "; charset=utf-7",
      "; charset=__proto__",
      ";;;=;",
      `; a=${"b".repeat(5_000)}`,
      ", text/plain",
    ].map((parameters) => `application/json${parameters}`),
  ];
  const hostile = service.requests.flatMap((one) =>
    types.map((type) => {
      const body = one.body ?? "{}";
      const headers = `Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
      return { ...one, body: undefined, place: `Content-Type: ${type}`, headers };
    }),
  );
  expect(await service.failuresOf(hostile)).toEqual([]);
}, 60_000);

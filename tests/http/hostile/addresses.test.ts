import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { startTarget, type Target, targetOf } from "./target.ts";
import { hostileParts } from "./values.ts";

let service: Target;
beforeAll(async () => {
  service = await startTarget();
});
afterAll(() => service.galley.close());
afterEach(() => service.expectAlive());

test("each parameter of each path", async () => {
  const hostile = service.requests.flatMap((one) =>
    one.path.flatMap(({ isParameter }, index) => {
      if (!isParameter) return [];
      return hostileParts.map((text) => ({
        ...one,
        place: "path",
        target: targetOf(one.path.with(index, { text, isParameter })),
      }));
    }),
  );
  expect(hostile.length).toBeGreaterThan(400);
  expect(await service.failuresOf(hostile)).toEqual([]);
}, 120_000);

test("each parameter of each query, and some that there are not", async () => {
  const hostile = service.requests.flatMap((one) => {
    const { query } = one.route as { query?: { shape: object } };
    const known = [...Object.keys(query?.shape ?? {}), "token"];
    const queries = [...known, "__proto__", "constructor", "a%00", "%ff", "%"].flatMap((name) => [
      ...(known.includes(name) ? hostileParts : ["a"]).map((part) => `${name}=${part}`),
      name,
      `${name}=`,
      `${name}=a&${name}=b`,
      `${name}[]=a`,
      `${name}[__proto__]=a`,
      `${name}[a][b]=c`,
    ]);
    queries.push("?", "&&&=&", `${"a=1&".repeat(3_000)}a=1`);
    return queries.map((text) => ({ ...one, place: "query", target: `${one.target}?${text}` }));
  });
  expect(await service.failuresOf(hostile)).toEqual([]);
}, 240_000);

test("addresses that are another one's by a second reading", async () => {
  const readings: ((target: string) => string)[] = [
    (target) => `/${target}`,
    (target) => `//shop.example${target}`,
    (target) => `/.${target}`,
    (target) => `/..${target}`,
    (target) => `/nothing/..${target}`,
    (target) => `/nothing/%2e%2e${target}`,
    (target) => `${target}/`,
    (target) => `${target}//`,
    (target) => `${target}/.`,
    (target) => `${target}/..`,
    (target) => `${target}/%2e%2e/%2e%2e/etc/passwd`,
    (target) => `${target}%00`,
    (target) => `${target}%20`,
    (target) => `${target}.json`,
    (target) => `${target};a=b`,
    (target) => `${target}#${target}`,
    (target) => `${target}?${target}?`,
    (target) => target.replaceAll("/", "//"),
    (target) => target.replaceAll("/", "/./"),
    (target) => target.replace(/.\//, (at) => at.replace("/", "%2f")),
    (target) => target.replace(/.\//, (at) => at.replace("/", "%5c")),
    (target) => target.replace(/.\//, (at) => at.replace("/", "\\")),
    (target) => target.toUpperCase(),
    (target) => target.replace("/v1", "/v%31"),
    (target) => target.replace("/v1", "/v%2531"),
    (target) => target.replaceAll(/[a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
    (target) => `${target}${"/a".repeat(4_000)}`,
  ];
  const hostile = service.requests.flatMap((one) =>
    readings.map((read) => ({ ...one, place: "address", target: read(one.target) })),
  );
  expect(await service.failuresOf(hostile)).toEqual([]);
}, 120_000);

test("addresses beside the table", async () => {
  const open = ["/", "/docs", "/docs/swagger-ui.css", "/docs/start.js", "/openapi.json", "/client.js", "/metrics"];
  const paths = [
    ...open,
    "/docs/../package.json",
    "/docs/%2e%2e/package.json",
    "/docs/..%2fpackage.json",
    "/.env",
    "/.git/config",
  ];
  const hostile = paths.flatMap((target) => [
    ...["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "PURGE"].map((method) => ({
      method,
      target,
      place: "method",
    })),
    ...hostileParts.map((part) => ({ method: "GET", target: `${target}/${part}`, place: "path" })),
    ...[
      "Range: bytes=99999999-",
      'If-Match: "a"',
      "If-Modified-Since: never",
      "Accept: a/b",
      "Accept-Encoding: a",
    ].map((header) => ({ method: "GET", target, place: header, headers: `${header}\r\n` })),
  ]);
  expect(await service.failuresOf(hostile)).toEqual([]);
}, 60_000);

test("methods that a route does not have", async () => {
  const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "MKCOL", "SEARCH"];
  const hostile = service.requests.flatMap((one) => methods.map((method) => ({ ...one, method, place: "method" })));
  expect(await service.failuresOf(hostile)).toEqual([]);
}, 60_000);

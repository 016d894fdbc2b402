import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { type Answer, expectClean } from "./answers.ts";
import { type Hostile, startTarget, type Target } from "./target.ts";
import { hostileJson } from "./values.ts";

let service: Target;
beforeAll(async () => {
  service = await startTarget();
});
afterAll(() => service.galley.close());
afterEach(() => service.expectAlive());

test("requests of every route are made from the table, and most of them are taken as they are", async () => {
  const statuses = await Promise.all(service.requests.map(async (one) => (await service.send(one)).status));
  // Cancel and resume, for example, find a job that has completed.
  expect(statuses.filter((status) => status >= 300).length).toBeLessThan(statuses.length / 4);
});

type Place = readonly (string | number)[];

function placesIn(value: unknown, at: Place = []): Place[] {
  if (typeof value !== "object" || value === null) return [at];
  const inside = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [at, ...inside.flatMap(([name, member]) => placesIn(member, [...at, name]))];
}

const marker = "@hostile@";

/** The body with this JSON in that place, as text: no object can hold some of it. */
function withJson(body: object, place: Place, json: string): string {
  const copy = structuredClone({ body });
  const [last, ...before] = ["body", ...place].toReversed();
  const around = before.toReversed().reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], copy);
  (around as Record<string, unknown>)[last as string] = marker;
  return JSON.stringify(copy.body).replace(`"${marker}"`, () => json);
}

/** The body with a field more at that place. */
const withField = (body: object, place: Place, field: string): string =>
  withJson(body, [...place, marker], `0,${field}`).replace(`"${marker}":0,`, "");

const at = (value: unknown, place: Place): unknown =>
  place.reduce<unknown>((node, name) => (node as Record<string, unknown> | undefined)?.[name], value);

test("each field of each body", async () => {
  const hostile = service.requests.flatMap((one): Hostile[] => {
    const { shape, ...request } = one;
    if (!shape) return [];
    return placesIn(shape).flatMap((place) => [
      ...hostileJson.map((json) => ({
        ...request,
        place: `/${place.join("/")} = ${json}`,
        body: withJson(shape, place, json),
        // What was taken is what was sent.
        isTrue(answer: Answer) {
          const given = at(JSON.parse(Buffer.from(answer.body, "latin1").toString()), place);
          const sent = JSON.parse(json);
          if (place.length === 0 || given === undefined) return;
          if (typeof sent === "number") expect(given).toBe(sent === 0 ? 0 : sent);
          // A type may take one text as a list of one.
          if (typeof sent === "string")
            expect(JSON.stringify(given)).toContain(JSON.stringify(sent.trim()).slice(1, -1));
        },
      })),
      ...["__proto__", "constructor", "prototype", "", "\\u0000", "\\ud800", "x".repeat(5_000)].flatMap((name) => {
        const node = at(shape, place);
        if (typeof node !== "object" || node === null || Array.isArray(node)) return [];
        return [
          {
            ...request,
            place: `/${place.join("/")} + ${name}`,
            body: withField(shape, place, `"${name}":{"priority":99}`),
          },
        ];
      }),
    ]);
  });
  expect(hostile.length).toBeGreaterThan(2_000);
  expect(await service.failuresOf(hostile)).toEqual([]);
}, 240_000);

test("a body of a hundred thousand unknown fields is told of a hundred", async () => {
  const fields = Array.from({ length: 100_000 }, (_, index) => `"${index}":1`);
  const answer = await service.send({ method: "POST", target: "/v1/jobs", body: `{${fields.join(",")}}` });
  expectClean(answer);
  const { detail, errors } = JSON.parse(answer.body);
  expect(errors).toHaveLength(100);
  expect(detail).toBe("The request is not valid. These are the first 100 of 100002 problems.");
});

test("a body where none is expected, and bodies that are no JSON", async () => {
  const bodies = [
    "{",
    "[1,]",
    "\u0000",
    "{}{}",
    "nul",
    '{"a":1,"a":2}',
    "\ufeff{}",
    "[]",
    "0",
    '"text"',
    "null",
    ...hostileJson,
  ];
  const hostile = service.requests.flatMap((one) =>
    bodies.map((body) => ({ ...one, place: `body = ${body}`, body })),
  );
  expect(await service.failuresOf(hostile)).toEqual([]);
}, 240_000);

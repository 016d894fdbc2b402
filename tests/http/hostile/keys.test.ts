import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createKey } from "../../../src/access/keys.ts";
import { scopes } from "../../../src/access/scopes.ts";
import { startTarget, type Target } from "./target.ts";
import { hostileHeaders } from "./values.ts";

let service: Target;
let key: string;
beforeAll(async () => {
  service = await startTarget();
  key = await createKey(service.galley.database.db, "local", scopes);
});
afterAll(() => service.galley.close());

const forged = (claims: object, header: object = { alg: "none" }) =>
  [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");

test("wrong keys of every shape open no route that wants one, and a right one goes on", async () => {
  const claims = { tenant: "local", keyId: null, subject: { jobId: "job_1" }, aud: "galley", exp: 9_999_999_999 };
  // A key that is in use goes on at an address that has sent twenty wrong ones. The first of these are no more than that.
  await service.send({ method: "GET", target: "/v1/types", headers: `Authorization: Bearer ${key}\r\n` });
  const shapes = [
    "Bearer",
    `Bearer ${key}\tx`,
    `Bearer,${key}`,
    `Bearer ${key.slice(0, -1)}`,
    `Bearer ${key}0`,
    `Basic ${Buffer.from(`local:${key}`).toString("base64")}`,
    `Digest username="${key}"`,
    `Token ${key}`,
    key,
    `Bearer ${forged(claims)}.`,
    `Bearer ${forged(claims)}.AAAA`,
    `Bearer ${forged(claims, { alg: "HS256", jku: "https://shop.example/" })}.AAAA`,
    `Bearer ${forged({ ...claims, exp: "never" }, { alg: "RS256" })}.AAAA`,
    `Bearer ${"a.".repeat(3_000)}a`,
    ...hostileHeaders,
    ...hostileHeaders.map((value) => `Bearer ${value}`),
  ];
  const isOpen = (path: string) => !path.startsWith("/v1/");
  const statuses = new Set<string>();
  const hostile = service.requests.flatMap((one) =>
    shapes.map((shape) => ({
      ...one,
      place: shape,
      headers: `Authorization: ${shape}\r\n`,
      isTrue: () => expect(isOpen(one.target)).toBe(true),
    })),
  );
  expect(await service.failuresOf(hostile)).toEqual([]);
  for (const { route, ...one } of service.requests) {
    const wrong = await service.send({ ...one, headers: "Authorization: Bearer glly_x\r\n" });
    if (!isOpen(one.target)) statuses.add(`${wrong.status}`);
    const right = await service.send({ ...one, headers: `Authorization: Bearer ${key}\r\n` });
    expect([route.id, [401, 403, 429].includes(right.status)]).toEqual([route.id, false]);
    expect(right.body).not.toContain(key);
  }
  expect([...statuses]).toEqual(["429"]);
}, 120_000);

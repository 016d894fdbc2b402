import { afterAll, beforeAll, expect, test } from "@jest/globals";
import request from "supertest";
import { createKey } from "../../src/access/keys.ts";
import { usualScopes } from "../../src/access/scopes.ts";
import { startTestGalley, type TestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [relay()] });
  await createKey(galley.database.db, "local", usualScopes);
});
afterAll(() => galley.close());

test.each(["/", "/jobs/job_1"])("the page at %s needs no key, and runs nothing but its own files", async (path) => {
  const { status, headers, text } = await request(galley.url).get(path);
  expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
  const policy = headers["content-security-policy"] ?? "";
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
  expect(policy).not.toMatch(/unsafe|\*|data:|https?:/);
  expect(text).not.toMatch(/<script>|<style|style=|\son\w+=/);
});

test("its files are bundled on demand, and a browser asks whether they have changed", async () => {
  const both = await Promise.all(
    ["/console/main.js", "/client.js"].map((path) => request(galley.url).get(path).buffer(true)),
  );
  expect(both.map(({ status, type }) => [status, type])).toEqual([
    [200, "text/javascript"],
    [200, "text/javascript"],
  ]);
  const { headers } = both[0] ?? {};
  expect(headers?.["cache-control"]).toBe("no-cache");
  const again = await request(galley.url)
    .get("/console/main.js")
    .set("If-None-Match", headers?.etag ?? "");
  expect(again.status).toBe(304);
  const { text } = await request(galley.url).get("/console/main.css");
  const [font = ""] = /inter-latin-wght-normal-\w+\.woff2/.exec(text) ?? [];
  expect((await request(galley.url).get(`/console/${font}`)).headers["cache-control"]).toContain("immutable");
});

test("a file that it does not have is not found", async () => {
  const { status, body } = await request(galley.url).get("/console/secrets.js");
  expect([status, body.code]).toEqual([404, "not_found"]);
});

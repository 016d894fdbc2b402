import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createKey, revokeKey } from "../../src/access/keys.ts";
import { usualScopes } from "../../src/access/scopes.ts";
import { startTestGalley, type TestGalley } from "../support/galley.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
let jobId: string;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api" } });
  jobId = (await galley.service.submit("acme", { type: "relay", input: { text: "go" } })).job.id;
});
afterAll(() => galley.close());

const makeKey = () => createKey(galley.database.db, "acme", usualScopes);
const revoke = (key: string) => revokeKey(galley.database.db, key.split("_")[1] ?? "");

const get = (key: string, path: string, headers: Record<string, string> = {}, signal?: AbortSignal) =>
  fetch(`${galley.url}/v1/jobs/${jobId}${path}`, {
    headers: { Authorization: `Bearer ${key}`, ...headers },
    signal: signal ?? null,
  });
const openStream = (key: string, signal?: AbortSignal) =>
  get(key, "/events", { Accept: "text/event-stream" }, signal);

async function tokenOf(key: string, ttlSeconds = 300): Promise<string> {
  const answer = await fetch(`${galley.url}/v1/tokens`, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: JSON.stringify({ jobId, ttlSeconds }),
  });
  return ((await answer.json()) as { token: string }).token;
}

test("what is held open ends soon after its key was revoked, and what another key holds goes on", async () => {
  const [key, other] = [await makeKey(), await makeKey()];
  const left = new AbortController();
  const [stream, ofToken, others] = await Promise.all([
    openStream(key),
    openStream(await tokenOf(key)),
    openStream(other, left.signal),
  ]);
  expect([stream.status, ofToken.status, others.status]).toEqual([200, 200, 200]);
  let isOver = false;
  const othersEnd = others.text().then(
    () => {
      isOver = true;
    },
    () => undefined,
  );
  const held = get(key, "", { Prefer: "wait=60" });
  const othersHeld = get(other, "", { Prefer: "wait=6" });
  // By then those have come.
  await get(other, "");

  await revoke(key);
  const began = performance.now();
  // To its end, in good order: a client that comes back is told why.
  const texts = await Promise.all([stream.text(), ofToken.text()]);
  for (const text of texts) expect(text).toContain("event: submitted");
  const answer = await held;
  // Long before its own minute is over.
  expect(performance.now() - began).toBeLessThan(30_000);
  expect(answer.status).toBe(401);
  expect(answer.headers.get("WWW-Authenticate")).toBe('Bearer realm="galley", error="invalid_token"');
  expect(await answer.json()).toMatchObject({ code: "unauthorized", detail: "The key was revoked." });
  expect((await openStream(key)).status).toBe(401);

  expect((await othersHeld).headers.get("Preference-Applied")).toBe("wait=6");
  expect(isOver).toBe(false);
  left.abort();
  await othersEnd;
}, 30_000);

test("what is held open for a token ends when it expires", async () => {
  const token = await tokenOf(await makeKey(), 2);
  const [stream, held] = await Promise.all([openStream(token), get(token, "", { Prefer: "wait=60" })]);
  expect(await stream.text()).toContain("event: submitted");
  expect(held.status).toBe(401);
  expect(await held.json()).toMatchObject({ code: "unauthorized", detail: "The token has expired." });
});

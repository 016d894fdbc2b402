import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { startTestGalley, type TestGalley } from "../support/galley.ts";
import { sendRaw } from "../support/raw-http.ts";
import { relay } from "../support/types.ts";

let galley: TestGalley;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api" } });
});
afterAll(() => galley.close());

const legacy = "/api/ai/v2-queue";

const post = (path: string, body: Buffer, headers: Record<string, string> = {}) => {
  const all = {
    Host: "localhost",
    Connection: "close",
    "Content-Type": "application/json",
    "Content-Length": body.length,
    ...headers,
  };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const start = Buffer.from(`POST ${path} HTTP/1.1\r\n${head.join("")}\r\n`, "latin1");
  return sendRaw(galley.url, Buffer.concat([start, body]));
};
const get = (target: string) =>
  sendRaw(
    galley.url,
    Buffer.from(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`, "latin1"),
  );
const relayOf = (text: Buffer) =>
  Buffer.concat([Buffer.from('{"type":"relay","input":{"text":"'), text, Buffer.from('"}}')]);
const jobs = async () => (await galley.test.query("select id from generation_jobs")).rows.length;

const broken: [name: string, bytes: Buffer][] = [
  ["a byte that begins nothing", Buffer.from([0xff])],
  ["Latin-1", Buffer.from("Müller", "latin1")],
  ["a character cut off", Buffer.from("日本").subarray(0, 5)],
  ["an overlong form", Buffer.from([0xc0, 0xaf])],
  ["a surrogate in bytes", Buffer.from([0xed, 0xa0, 0x80])],
];

describe("a body that is no UTF-8 is refused, and no job is made of it", () => {
  test.each(broken)("%s", async (_name, bytes) => {
    const before = await jobs();
    const { status, answer } = await post("/v1/jobs", relayOf(bytes));
    expect(status).toBe(400);
    expect(answer).toContain('"code":"invalid_input"');
    expect(answer).toContain("UTF-8");
    const former = await post(
      legacy,
      Buffer.concat([Buffer.from('{"action":"queue","topic":{"title":"'), bytes, Buffer.from('"}}')]),
    );
    expect(former.status).toBe(400);
    expect(former.answer).toContain('{"error":"');
    expect(await jobs()).toBe(before);
  });

  test("in the name of a field", async () => {
    const body = Buffer.concat([
      Buffer.from('{"type":"relay","input":{"text":"a","'),
      Buffer.from([0xff]),
      Buffer.from('":1}}'),
    ]);
    expect((await post("/v1/jobs", body)).status).toBe(400);
  });

  test("UTF-16, also when its type says so", async () => {
    const body = Buffer.from('{"type":"relay","input":{"text":"go"}}', "utf16le");
    const { status, answer } = await post("/v1/jobs", body, { "Content-Type": "application/json; charset=utf-16" });
    expect([status, answer.includes("UTF-8")]).toEqual([400, true]);
  });

  test("half of a surrogate pair, as an escape", async () => {
    const { status, answer } = await post("/v1/jobs", relayOf(Buffer.from("\\ud83d")));
    expect(status).toBe(400);
    expect(answer).toContain('"pointer":"/input/text"');
  });
});

test("a body in UTF-8 is taken as it is", async () => {
  const body = relayOf(Buffer.from("Müller, 日本 🚲 \\ud83d\\ude00 \ufffd"));
  expect((await post("/v1/jobs", body)).status).toBe(202);
  const { rows } = await galley.test.query("select request_data->>'text' as text from generation_jobs");
  expect(rows).toEqual([{ text: "Müller, 日本 🚲 😀 \ufffd" }]);
});

describe("an address that is no UTF-8 is refused", () => {
  test.each([
    "/v1/jobs?q=%FF",
    "/v1/jobs?tag=M%FCller",
    "/v1/jobs?%FF=1",
    "/v1/jobs?q=%E6%97",
    "/v1/jobs/%FF",
    `${legacy}?jobId=%FF`,
    `${legacy}?batchId=%FF`,
  ])("GET %s", async (target) => {
    const { status, answer } = await get(target);
    expect(status).toBe(400);
    expect(answer).toContain("UTF-8");
  });
});

test("a percent sign that escapes nothing is one", async () => {
  expect((await get("/v1/jobs?q=100%")).status).toBe(200);
});

test("an Idempotency-Key of other bytes is refused", async () => {
  const { status, answer } = await post("/v1/jobs", relayOf(Buffer.from("go")), {
    "Idempotency-Key": "click-\u00ff",
  });
  expect(status).toBe(400);
  expect(answer).toContain("printable ASCII");
});

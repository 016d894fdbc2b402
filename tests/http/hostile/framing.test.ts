import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { startTestGalley, type TestGalley } from "../../support/galley.ts";
import { relay } from "../../support/types.ts";
import { type Answer, exchange, expectClean, openRaw } from "./answers.ts";

let galley: TestGalley;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [relay()], env: { ROLES: "api" } });
});
afterAll(() => galley.close());

const job = JSON.stringify({ type: "relay", input: { text: "go" } });
const size = job.length;
const asChunk = `${size.toString(16)}\r\n${job}\r\n0\r\n\r\n`;
/** What a smuggler wants to be read as a request of its own. */
const smuggled = `POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${size}\r\n\r\n${job}`;
const post = (headers: string, body = job) =>
  `POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${body}`;
const get = (headers = "Host: localhost", target = "/v1/jobs", version = "HTTP/1.1") =>
  `GET ${target} ${version}\r\n${headers}\r\n\r\n`;
const jobs = async () => (await galley.test.query("select from generation_jobs")).rowCount;

async function expectOneRefusal(answers: Answer[], status = 400): Promise<void> {
  expect(answers.map((answer) => answer.status)).toEqual([status]);
  for (const answer of answers) expectClean(answer);
}

describe("what can be read in two ways is refused once, its connection is closed, and nothing behind it is read", () => {
  test.each([
    ["two lengths that differ", post(`Content-Length: ${size}\r\nContent-Length: 0`)],
    ["two lengths that are the same", post(`Content-Length: ${size}\r\nContent-Length: ${size}`)],
    ["a list of lengths", post(`Content-Length: ${size}, ${size}`)],
    ["a length with a sign", post(`Content-Length: +${size}`)],
    ["a length below zero", post("Content-Length: -1")],
    ["a length in hex", post(`Content-Length: 0x${size.toString(16)}`)],
    ["a length beyond all numbers", post(`Content-Length: ${"9".repeat(40)}`)],
    ["a length and chunks", post(`Content-Length: ${size}\r\nTransfer-Encoding: chunked`, asChunk)],
    ["chunks and a length", post("Transfer-Encoding: chunked\r\nContent-Length: 4", asChunk)],
    ["chunks that are not the last coding", post("Transfer-Encoding: chunked, identity", asChunk)],
    ["chunks of another coding", post("Transfer-Encoding: gzip, chunked", asChunk)],
    ["chunks twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", asChunk)],
    ["an unknown coding", post("Transfer-Encoding: xchunked", asChunk)],
    ["a coding behind a vertical tab", post("Transfer-Encoding: \x0bchunked", asChunk)],
    ["a space before the colon", post("Transfer-Encoding : chunked", asChunk)],
    ["a coding in a folded line", post("Transfer-Encoding:\r\n chunked", asChunk)],
    ["chunks of HTTP/1.0", post("Transfer-Encoding: chunked", asChunk).replace("HTTP/1.1", "HTTP/1.0")],
    ["a size of a chunk that is none", post("Transfer-Encoding: chunked", `0x${asChunk}`)],
    ["a size of a chunk below zero", post("Transfer-Encoding: chunked", `-${asChunk}`)],
    ["a size of a chunk beyond all numbers", post("Transfer-Encoding: chunked", `${"f".repeat(20)}\r\n${job}`)],
    ["a chunk that is longer than it says", post("Transfer-Encoding: chunked", `1\r\n${job}\r\n0\r\n\r\n`)],
    ["a long extension of a chunk", post("Transfer-Encoding: chunked", `1;${"a".repeat(20_000)}\r\n{`)],
    ["a folded header", get("Host: localhost\r\nX-One: a\r\n b")],
    ["a bare line feed", get("Host: localhost\nX-One: a")],
    ["a bare carriage return", get("Host: localhost\r\nX-One: a\rX-Two: b")],
    ["NUL in a header", get("Host: localhost\r\nX-One: a\0b")],
    ["a header without a name", get("Host: localhost\r\n: a")],
    ["a header without a colon", get("Host: localhost\r\nX-One")],
    ["a long header", get(`Host: localhost\r\nX-One: ${"a".repeat(20_000)}`)],
    ["many headers", get(`Host: localhost\r\n${"a:b\r\n".repeat(5_000)}X-One: a`)],
    ["no Host", get("X-One: a")],
    ["two Hosts", get("Host: localhost\r\nHost: localhost")],
    ["two keys", get("Host: localhost\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b")],
    ["two types", post(`Content-Type: text/plain\r\nContent-Length: ${size}`)],
    ["two Idempotency-Keys", post(`Idempotency-Key: a\r\nIdempotency-Key: b\r\nContent-Length: ${size}`)],
    ["the address of another host", get("Host: localhost", "http://shop.example/v1/jobs")],
    ["the address of a file", get("Host: localhost", "file:///etc/passwd")],
    ["a long address", get("Host: localhost", `/v1/jobs/${"a".repeat(20_000)}`)],
    ["a space in the address", get("Host: localhost", "/v1/jobs/a b")],
    ["other bytes in the address", Buffer.from(get("Host: localhost", "/v1/jobs/日本"))],
    ["no address", get("Host: localhost", "")],
    ["an unknown method", get().replace("GET", "GOT")],
    ["a method in small letters", get().replace("GET", "get")],
    ["an unknown version", get("Host: localhost", "/v1/jobs", "HTTP/1.2")],
    ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["TLS", Buffer.from("16030100a5010000a10303", "hex")],
    ["an expectation", post(`Expect: 200-ok\r\nContent-Length: ${size}`)],
  ])("%s", async (_name, bytes) => {
    await expectOneRefusal(await exchange(galley.url, Buffer.concat([Buffer.from(bytes), Buffer.from(smuggled)])));
  });

  test("and so no job was made of what was smuggled", async () => {
    await exchange(galley.url, post(`Connection: close\r\nContent-Length: ${size}`));
    expect(await jobs()).toBe(1);
  });

  test("CONNECT", async () => {
    await expectOneRefusal(
      await exchange(galley.url, get("Host: localhost", "a:443").replace("GET", "CONNECT")),
      404,
    );
  });
});

describe("what has one meaning is taken, however odd", () => {
  const close = "Host: localhost\r\nConnection: close";
  test.each([
    ["the service's own whole address", get(close, "http://localhost/v1/jobs")],
    [
      "a whole address with the port that is meant anyway",
      get(close.replace("localhost", "localhost:80"), "http://LOCALHOST/v1/jobs"),
    ],
    ["empty lines before a request", `\r\n\r\n${get(close)}`],
    ["an upgrade to what is not offered", get(`${close}\r\nUpgrade: h2c`)],
    ["HTTP/1.0 without a Host", get("Accept: */*", "/v1/jobs", "HTTP/1.0")],
    ["a method that is overridden", get(`${close}\r\nX-HTTP-Method-Override: DELETE\r\nX-Method-Override: POST`)],
    [
      "a body in chunks, with a trailer",
      post(
        "Connection: close\r\nTransfer-Encoding: Chunked",
        asChunk.replace("0\r\n\r\n", "0\r\nX-Sum: 3\r\n\r\n"),
      ),
    ],
    [
      "a client that waits to be told to go on",
      post(`Connection: close\r\nExpect: 100-continue\r\nContent-Length: ${size}`),
    ],
  ])("%s", async (_name, bytes) => {
    const answers = await exchange(galley.url, bytes);
    expect(answers.map(({ status }) => status)).toEqual([bytes.includes("POST /") ? 202 : 200]);
    for (const answer of answers) expectClean(answer);
  });
});

describe("a body that is compressed", () => {
  const compressed = (body: Buffer | string, coding = "gzip") =>
    Buffer.concat([
      Buffer.from(post(`Connection: close\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}`, "")),
      Buffer.from(body),
    ]);
  test.each([
    ["is taken", compressed(gzipSync(job)), 202],
    [
      "is refused for its size when it unfolds to 300 MB",
      compressed(gzipSync(Buffer.alloc(300_000_000, " "))),
      413,
    ],
    ["is refused when it is not", compressed(job), 400],
    ["is refused when it is cut off", compressed(gzipSync(job).subarray(0, 30)), 400],
    ["is refused in an unknown coding", compressed(job, "rot13"), 400],
    ["is refused in two codings", compressed(gzipSync(gzipSync(job)), "gzip, gzip"), 400],
  ])("%s", async (_name, bytes, status) => {
    const answers = await exchange(galley.url, bytes);
    expect(answers.map((answer) => answer.status)).toEqual([status]);
    for (const answer of answers) expectClean(answer);
  });
});

describe("a body that is too large", () => {
  test("is refused before it is sent", async () => {
    await expectOneRefusal(await exchange(galley.url, post(`Connection: close\r\nContent-Length: ${1e12}`)), 413);
  });

  test("is refused at every address of a tenant's, also where none is expected", async () => {
    const body = "x".repeat(1_100_000);
    for (const target of ["/v1/jobs", "/v1/nothing", "/v1/types/relay"]) {
      const head = get(
        `Host: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`,
        target,
      );
      await expectOneRefusal(await exchange(galley.url, head + body), 413);
    }
  });

  test("is refused in chunks that do not say how large it is", async () => {
    const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`;
    const bytes = post("Connection: close\r\nTransfer-Encoding: chunked", `${chunk.repeat(40)}0\r\n\r\n`);
    await expectOneRefusal(await exchange(galley.url, bytes), 413);
  });
});

describe("of several requests on one connection", () => {
  test("each has its answer, also those before one that is none", async () => {
    const answers = await exchange(galley.url, `${smuggled}${get()}GARBAGE\r\n\r\n${smuggled}`);
    expect(answers.map(({ status }) => status)).toEqual([202, 200, 400]);
    for (const answer of answers) expectClean(answer);
  });

  test("a body that nothing reads is no request", async () => {
    const before = await jobs();
    const answers = await exchange(
      galley.url,
      `GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}${get("Host: localhost\r\nConnection: close")}`,
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await jobs()).toBe(before);
  });

  test("one that was answered before its body broke has no second answer", async () => {
    const { socket, answers } = openRaw(galley.url);
    socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
    await new Promise((resolve) => socket.once("data", resolve));
    socket.write(`no chunk\r\n${smuggled}`);
    expect((await answers()).map(({ status }) => status)).toEqual([200]);
  });
});

describe("a client that sends no more", () => {
  // A browser that leaves a page closes its connection in no other way.
  test("is taken for gone, and the service goes on", async () => {
    const { socket, answers } = openRaw(galley.url);
    socket.end(get());
    expect(await answers()).toEqual([]);
    expect((await exchange(galley.url, get("Host: localhost\r\nConnection: close")))[0]?.status).toBe(200);
  });

  test.each([
    ["in the middle of a body", post(`Content-Length: ${size}`, job.slice(0, 10))],
    ["in the middle of a chunk", post("Transfer-Encoding: chunked", asChunk.slice(0, 10))],
    ["in the middle of its headers", get().slice(0, 20)],
    ["in the middle of a line", "GET /v1/j"],
  ])("%s is refused, and nothing is made of it", async (_name, bytes) => {
    const before = await jobs();
    const { socket, answers } = openRaw(galley.url);
    socket.end(bytes);
    await expectOneRefusal(await answers());
    expect(await jobs()).toBe(before);
  });

  test("but resets the connection takes nothing with it", async () => {
    for (const bytes of [get(), post(`Content-Length: ${size}`, job.slice(0, 10)), "GET /v1/j"]) {
      const { socket, answers } = openRaw(galley.url);
      await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
      socket.resetAndDestroy();
      await answers();
    }
    expect((await exchange(galley.url, get("Host: localhost\r\nConnection: close")))[0]?.status).toBe(200);
  });
});

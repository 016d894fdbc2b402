import type dns from "node:dns";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import request from "supertest";
import { createAddresses } from "../../src/webhooks/addresses.ts";
import { type Outcome, post } from "../../src/webhooks/post.ts";
import { eventually, startTestGalley, type TestGalley } from "../support/galley.ts";
import { lockWaits } from "../support/lock-waits.ts";
import { startReceiver, status } from "../support/receiver.ts";
import { relay } from "../support/types.ts";

const secret = `whsec_${Buffer.alloc(32).toString("base64")}`;
const send = (
  url: string,
  allowed: string[] = [],
  milliseconds?: number,
  lookup?: typeof dns.lookup,
): Promise<Outcome> =>
  post(
    { id: "one", url, secret, body: "{}" },
    createAddresses(allowed, lookup),
    new AbortController().signal,
    milliseconds,
  );

/** A server inside the network, which counts who connects. */
let inside: Server;
let connections = 0;
let port: number;
const sockets = new Set<Socket>();
beforeAll(async () => {
  inside = createServer((socket) => {
    connections++;
    sockets.add(socket);
  });
  inside.listen(0, "0.0.0.0");
  await once(inside, "listening");
  port = (inside.address() as AddressInfo).port;
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  inside.close();
});

test.each([
  "127.0.0.1",
  "127.1",
  "2130706433",
  "0x7f000001",
  "0177.0.0.1",
  "0.0.0.0",
  "[::1]",
  "[::]",
  "[::ffff:7f00:1]",
  "127.0.0.1.",
  "localhost",
  "169.254.169.254",
  "10.0.0.1",
])("nothing connects to https://%s", async (host) => {
  const before = connections;
  const { error } = await send(`https://${host}:${port}/`);
  expect(error).toBe("forbidden_address");
  expect(connections).toBe(before);
});

test("only what is allowed may be reached over http", async () => {
  const { problemOf } = createAddresses(["127.0.0.1", "10.0.0.0/8"]);
  expect(problemOf("http://127.0.0.1/")).toBeNull();
  expect(problemOf("http://10.1.2.3/")).toBeNull();
  expect(problemOf("https://shop.example/hooks")).toBeNull();
  for (const url of ["http://127.0.0.2/", "http://shop.example/", "ftp://127.0.0.1/", "https://a:b@shop.example/"])
    expect(problemOf(url)).toMatch(/^expected /);
});

test("what was taken as an address over http is not sent there", async () => {
  expect((await send("http://shop.example/")).error).toBe("forbidden_address");
  expect((await send("https://a:b@localhost/", ["127.0.0.1", "::1"])).error).toBe("forbidden_address");
});

describe("a name that leads elsewhere when it is looked up", () => {
  /** Looks up names in these lists of addresses, one after the other. */
  function lookupIn(...lists: string[][]) {
    let looks = 0;
    const lookup = ((_name: string, _options: object, done: (...given: unknown[]) => void) => {
      const addresses = lists[looks++] ?? [];
      done(
        null,
        addresses.map((address) => ({ address, family: 4 })),
      );
    }) as typeof dns.lookup;
    return { lookup, looks: () => looks };
  }
  // 127.0.0.1 stands for an address outside.
  const sendThere = (lookup: typeof dns.lookup) =>
    send(`https://shop.example:${port}/`, ["127.0.0.1"], 500, lookup);

  test.each([
    ["inside alone", ["127.0.0.2"]],
    ["inside too", ["127.0.0.1", "127.0.0.2"]],
  ])("%s is not connected to", async (_name, addresses) => {
    const before = connections;
    const { lookup, looks } = lookupIn(addresses);
    expect((await sendThere(lookup)).error).toBe("forbidden_address");
    expect([looks(), connections]).toEqual([1, before]);
  });

  test("is looked up once: what was looked at is what is connected to", async () => {
    const before = connections;
    const { lookup, looks } = lookupIn(["127.0.0.1"], ["127.0.0.2"]);
    expect((await sendThere(lookup)).error).toBe("timeout");
    expect([looks(), connections]).toEqual([1, before + 1]);
  });

  test("has no address", async () => {
    const lookup = ((_name: string, _options: object, done: (error: Error) => void) =>
      done(Object.assign(new Error("not found"), { code: "ENOTFOUND" }))) as unknown as typeof dns.lookup;
    expect((await sendThere(lookup)).error).toBe("unreachable");
  });
});

test("a redirect is a failure, and is not followed", async () => {
  const receiver = await startReceiver();
  const before = connections;
  receiver.script(status(302, { location: `http://127.0.0.1:${port}/` }));
  expect(await send(receiver.url, ["127.0.0.1"])).toEqual({ status: 302, error: "redirected" });
  expect(connections).toBe(before);
  await receiver.close();
});

test("a receiver that says nothing is given up in time", async () => {
  const url = `http://127.0.0.1:${port}/`;
  expect(await send(url, ["127.0.0.1"], 200)).toEqual({ status: null, error: "timeout" });
});

test("a receiver that says a word now and then is given up as soon", async () => {
  const slow = createServer((socket) => {
    const more = setInterval(() => socket.write("HTTP/1.1 100 Continue\r\n\r\n"), 20);
    socket.on("error", () => undefined).once("close", () => clearInterval(more));
  });
  slow.listen(0, "127.0.0.1");
  await once(slow, "listening");
  const url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}/`;
  expect(await send(url, ["127.0.0.1"], 300)).toEqual({ status: null, error: "timeout" });
  slow.close();
});

test("an answer without an end is not read", async () => {
  let written = 0;
  const server = createHttpServer((_request, response) => {
    response.on("error", () => undefined).writeHead(200);
    const more = setInterval(() => {
      response.write(Buffer.alloc(65_536));
      written += 65_536;
    }, 1);
    response.once("close", () => clearInterval(more));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const closed = new Promise<void>((resolve) => {
    server.once("connection", (socket) => {
      // What it still writes meets a closed connection.
      socket.on("error", () => undefined);
      socket.once("close", resolve);
    });
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  expect(await send(url, ["127.0.0.1"])).toEqual({ status: 200, error: null });
  await closed;
  expect(written).toBeLessThan(16 * 1024 * 1024);
  server.close();
});

let galley: TestGalley;
beforeAll(async () => {
  galley = await startTestGalley({ jobTypes: [relay()] });
});
afterAll(() => galley.close());

const ask = (path: string, body: object) => request(galley.url).post(path).send(body);

test.each([
  ["https://127.0.0.1/x", "expected an address outside of the service's network"],
  ["https://[::1]/x", "expected an address outside of the service's network"],
  ["http://shop.example/x", "expected an https URL"],
  ["https://a:b@shop.example/x", "expected a URL without user and password"],
])("%s is refused when it is named", async (url, message) => {
  const problems = async (path: string, body: object) => {
    const answer = await ask(path, body);
    return [answer.status, ...answer.body.errors.map((one: object) => Object.values(one))];
  };
  const job = { type: "relay", input: { text: "go" }, webhookUrl: url };
  expect(await problems("/v1/webhooks", { url })).toEqual([400, ["/url", message]]);
  expect(await problems("/v1/jobs", job)).toEqual([400, ["/webhookUrl", message]]);
  expect(await problems("/v1/batches", { jobs: [job] })).toEqual([400, ["/jobs/0/webhookUrl", message]]);
  const { rows } = await galley.test.query("select from generation_jobs");
  expect(rows).toEqual([]);
});

test("a name that leads inside is refused when something is sent, and the log says so", async () => {
  const before = connections;
  const { id } = (
    await ask("/v1/jobs", { type: "relay", input: { text: "go" }, webhookUrl: `https://localhost:${port}/` })
  ).body;
  const [delivery] = await eventually(
    async () => (await request(galley.url).get(`/v1/jobs/${id}/deliveries`)).body.data,
    (log) => log[0]?.attempts === 1,
  );
  expect(delivery).toMatchObject({
    state: "pending",
    webhookId: null,
    lastError: "forbidden_address",
    lastStatus: null,
  });
  expect(connections).toBe(before);
});

const addEndpoint = async () => (await ask("/v1/webhooks", { url: "https://shop.example/" })).status;

test("a tenant may have twenty endpoints", async () => {
  const answers = [];
  for (let index = 0; index < 21; index++) answers.push(await addEndpoint());
  expect(answers).toEqual([...Array(20).fill(201), 400]);
});

test("of endpoints that are made at once no more than twenty are kept", async () => {
  await galley.test.query("delete from webhook_endpoints");
  for (let index = 0; index < 19; index++) await addEndpoint();
  // Until all of them have counted, or wait for their turn, none can write.
  await galley.test.query("begin");
  await galley.test.query("lock table webhook_endpoints in share mode");
  const adding = Promise.all(Array.from({ length: 4 }, addEndpoint));
  await eventually(
    () => lockWaits(galley.database.pool),
    (waiting) => waiting.length === 4,
  );
  await galley.test.query("rollback");
  expect((await adding).toSorted()).toEqual([201, 400, 400, 400]);
});

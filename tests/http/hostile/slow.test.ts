import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import express, { type Request, type Response } from "express";
import { jsonBody } from "../../../src/http/middleware/body.ts";
import { problemHandler } from "../../../src/http/problems.ts";
import { createHttpServer } from "../../../src/http/server.ts";
import { createLog } from "../../../src/log/log.ts";
import { exchange, expectClean, openRaw } from "./answers.ts";

let server: Server;
let url: string;
beforeAll(async () => {
  const app = express();
  app.post("/", jsonBody, (request: Request, response: Response) => void response.json(request.body));
  app.use(problemHandler(createLog("silent")));
  // Six seconds for the headers, and for the whole: the least that can be set.
  server = createHttpServer(app, { keepAliveSeconds: 1, requestSeconds: 1 });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
});

const head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

/** Sends the beginning, then a byte now and then until the service closes the connection. */
async function trickle(beginning: string, byte: string) {
  const { socket, answers } = openRaw(url);
  const began = performance.now();
  socket.write(beginning);
  const more = setInterval(() => socket.write(byte), 250);
  const given = await answers().finally(() => clearInterval(more));
  return { given, seconds: (performance.now() - began) / 1_000 };
}

test("what comes byte by byte is refused in time, head and body, and others are answered meanwhile", async () => {
  const slow = Promise.all([
    trickle(head, "a"),
    trickle(`${head}X-One: `, "a"),
    trickle(`${head}Content-Length: 1000\r\n\r\n{`, " "),
    trickle(`${head}Transfer-Encoding: chunked\r\n\r\n`, "1\r\n \r\n"),
    ...Array.from({ length: 200 }, () => trickle("POST / HTTP/1.1\r\nX-One: ", "a")),
  ]);
  let isOver = false;
  void slow.then(() => (isOver = true));
  const [quick] = await exchange(url, `${head}Connection: close\r\nContent-Length: 2\r\n\r\n{}`);
  expect([quick?.status, quick?.body]).toEqual([200, "{}"]);
  expect(isOver).toBe(false);
  for (const { given, seconds } of await slow) {
    expect(given).toHaveLength(1);
    for (const answer of given) expectClean(answer);
    expect(given[0]?.body).toContain("The request did not arrive in time.");
    expect(seconds).toBeLessThan(30);
  }
}, 30_000);

test("a connection on which nothing comes is closed without a word", async () => {
  const { answers } = openRaw(url);
  expect(await answers()).toEqual([]);
}, 30_000);

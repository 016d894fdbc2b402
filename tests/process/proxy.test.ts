import { once } from "node:events";
import { createServer, request as forward, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { type DemoModel, startDemoModel } from "../../src/demo/server.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { run } from "../support/process.ts";

let database: TestDatabase;
let model: DemoModel;
let proxy: Server;
/** The hosts that the proxy was asked for. */
let asked: Set<string>;
beforeEach(async () => {
  database = await createTestDatabase();
  model = await startDemoModel();
  const { hostname, port } = new URL(model.baseURL);
  asked = new Set();
  // Leads to the demo model, whatever host is asked for.
  proxy = createServer((request, response) => {
    const url = new URL(request.url ?? "");
    asked.add(url.host);
    const { method, headers } = request;
    const passed = forward({ hostname, port, path: url.pathname, method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(passed);
  });
  proxy.on("connect", (request, socket) => {
    asked.add(request.url ?? "");
    const through = connect(Number(port), hostname, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      through.pipe(socket).pipe(through);
    });
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
});
afterEach(async () => {
  proxy.closeAllConnections();
  proxy.close();
  await model.close();
  await database.drop();
});

const proxyUrl = () => `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;

test.each(["HTTP_PROXY", "http_proxy"])(
  "%s leads to the provider, and not to this machine",
  async (variable) => {
    const generate = run("scripts/generate.ts", ["--title", "Bread", "--words", "300"], {
      DATABASE_URL: database.url,
      OPENAI_BASE_URL: "http://model.example/v1",
      OPENAI_MODEL: "any",
      MODEL_API: "responses",
      [variable]: proxyUrl(),
    });
    expect([await generate.exit, generate.stderr().split("\n").at(-2)]).toEqual([
      0,
      expect.stringContaining("completed"),
    ]);
    expect([...asked].map((host) => host.replace(":80", ""))).toEqual(["model.example"]);
  },
  60_000,
);

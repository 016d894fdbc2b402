import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { createApiDocument } from "../src/http/api/document.ts";
import { environment } from "../src/settings/environment.ts";
import { root, run } from "./support/process.ts";

const read = (file: string) => readFile(join(root, file), "utf8");
const page = await read(".docker/README.md");
const dockerfile = await read(".docker/Dockerfile");
const { scripts, dependencies } = JSON.parse(await read("package.json"));

const found = (pattern: RegExp, text = page): string[] => [...text.matchAll(pattern)].map(([, name = ""]) => name);

test("every command that the page names exists", () => {
  const named = found(/npm run (?:--silent )?([\w:-]+)/g);
  expect(named.length).toBeGreaterThan(6);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

test("every setting that the page or the image names exists", () => {
  const named = [...found(/\b([A-Z]+(?:_[A-Z]+)+)\b/g), ...found(/(?:^ENV|-e) (\w+)=/gm), "ROLES", "HOST"];
  expect(named).toContain("DATABASE_URL");
  const ofOthers = /^(NODE_ENV|PGBOSS_.*)$/;
  expect(named.filter((name) => !(name in environment) && !ofOthers.test(name))).toEqual([]);
});

test("every file that the page names exists, and every route", async () => {
  const files = [
    ...found(/\]\(([^)#]+)[^)]*\)/g).map((link) => join(".docker", link)),
    ...found(/-f (\S+Dockerfile)/g),
  ];
  expect(files.length).toBeGreaterThan(3);
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  const { paths } = await createApiDocument([]);
  const routes = found(/(\/(?:v1\/\w+|healthz|readyz))/g);
  expect(routes).toContain("/v1/drain");
  expect(routes.filter((route) => !(route in (paths ?? {})))).toEqual([]);
});

test("the image has the Node that Galley is tested with, and what it copies is there and let in", async () => {
  expect(found(/node:([\d.]+)-/g, dockerfile)).toEqual([dependencies.node]);
  const sources = dockerfile
    .split("\n")
    .filter((line) => line.startsWith("COPY ") && !line.includes("--from"))
    .flatMap((line) => line.split(" ").slice(1, -1));
  expect(sources).toContain("src");
  expect(sources.filter((source) => !existsSync(join(root, source)))).toEqual([]);
  expect(found(/^!(.+)$/gm, await read(".dockerignore")).toSorted()).toEqual([...new Set(sources)].toSorted());
});

test("what the image starts is what npm start starts", () => {
  const [command = ""] = found(/^CMD (\[.*\])$/gm, dockerfile);
  expect(scripts.start).toBe(`exec ${JSON.parse(command).join(" ")}`);
});

test.each([
  ["an API", "api", "PORT"],
  ["a worker", "worker", "METRICS_PORT"],
])(
  "the health check of %s ends with 0 while it answers at its port, and with 1 otherwise",
  async (_, ROLES, name) => {
    const server = createServer((request, response) =>
      response.writeHead(request.url === "/healthz" ? 200 : 404).end(),
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const env = { ROLES, PORT: "1", METRICS_PORT: "1", [name]: String((server.address() as AddressInfo).port) };
    expect(await run("scripts/healthcheck.mjs", [], env).exit).toBe(0);
    server.close();
    await once(server, "close");
    expect(await run("scripts/healthcheck.mjs", [], env).exit).toBe(1);
  },
);

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import request from "supertest";
import { openDatabase } from "../../src/db/client.ts";
import { checkConnectionLimit } from "../../src/db/connection-limit.ts";
import { createLog } from "../../src/log/log.ts";
import { startGalley } from "../../src/process/start.ts";
import { readConfig } from "../../src/settings/config.ts";
import { as, type OwnServer, startOwnServer } from "../support/own-server.ts";
import { relay } from "../support/types.ts";

let server: OwnServer;
beforeAll(async () => {
  server = await startOwnServer();
  await server.query("create role app login password 'secret' connection limit 10");
});
afterAll(() => server.stop());

let counter = 0;
const createDatabase = async () => as(await server.create(`few_${++counter}`, "owner app"), "app");

test.each<[string, Record<string, string>]>([
  ["a role that is limited to 10 connections", {}],
  ["a pool of 2 connections", { DATABASE_POOL_SIZE: "2" }],
])("with %s, 60 requests at once wait their turn and none is refused", async (_name, env) => {
  const config = readConfig({ DATABASE_URL: await createDatabase(), PORT: "0", ...env });
  const galley = await startGalley(config, { jobTypes: [relay()], log: createLog("silent") });
  try {
    const post = () =>
      request(galley.url ?? "")
        .post("/v1/jobs")
        .send({ type: "relay", input: { text: "go" } });
    const answers = await Promise.all(Array.from({ length: 60 }, post));
    expect(answers.filter(({ status }) => status !== 202).map(({ status, body }) => ({ status, body }))).toEqual(
      [],
    );
    if (env.DATABASE_POOL_SIZE) expect(galley.database.pool.totalCount).toBeLessThanOrEqual(2);
  } finally {
    await galley.close();
  }
});

test("two processes share what a role has, and both answer", async () => {
  const url = await createDatabase();
  const options = { jobTypes: [relay()], log: createLog("silent") };
  const config = readConfig({ DATABASE_URL: url, PORT: "0" });
  const galleys = [await startGalley(config, options), await startGalley(config, options)];
  try {
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        request(galleys[index % 2]?.url ?? "")
          .post("/v1/jobs")
          .send({ type: "relay", input: { text: "go" } }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
  } finally {
    for (const galley of galleys) await galley.close();
  }
});

test("a start says when the server can never give all connections that the process may open", async () => {
  const url = await createDatabase();
  const warnings = async (maxConnections: number) => {
    const lines: unknown[] = [];
    const log = { ...createLog("silent"), warn: (line: unknown) => void lines.push(line) } as never;
    const database = await openDatabase(url, log, { maxConnections });
    await checkConnectionLimit(database, log);
    await database.close();
    return lines;
  };
  expect(await warnings(8)).toEqual([]);
  expect(await warnings(9)).toMatchObject([
    { event: "too_many_connections", wanted: 11, limit: 10, advice: expect.stringContaining("to 8 or less") },
  ]);
});

import * as fs from "node:fs";
import { Client, DatabaseError } from "pg";
import { StartError } from "../errors.ts";
import type { Layout } from "./layout.ts";
import { isSameFolder } from "./postmaster.ts";

export const superuser = "galley";
const database = "galley";

/** The database's address, or why the server gives no answer yet. */
export type Answer = { url: string } | { refusal: string };

/** Asks the server at `port` whether it is the one of this data directory, and makes our database if need be. */
export async function ask(layout: Layout, port: number): Promise<Answer> {
  const address = `postgres://${superuser}:${readPassword(layout)}@127.0.0.1:${port}`;
  try {
    await withClient(`${address}/postgres`, async (client) => {
      await expectCluster(client, layout.cluster);
      await makeDatabase(client);
    });
    // Without it `GET /v1/database` says what is missing, and all else works.
    await withClient(`${address}/${database}`, makeExtension).catch(() => undefined);
    // PGSSLMODE in the shell speaks of other servers.
    return { url: `${address}/${database}?sslmode=disable` };
  } catch (error) {
    if (error instanceof DatabaseError && error.code === wrongPassword)
      throw new StartError(wrong(layout), { cause: error });
    return { refusal: (error as Partial<Error> | undefined)?.message ?? String(error) };
  }
}

export function readPassword({ cluster, password }: Layout): string {
  if (fs.existsSync(password)) return fs.readFileSync(password, "utf8").trim();
  throw new StartError(
    `${password} is missing, and the data in ${cluster} cannot be reached without it: put it back`,
  );
}

const wrongPassword = "28P01";
const wrong = ({ cluster, password }: Layout) =>
  `the server of ${cluster} refuses the password in ${password}: put the one back that it was made with`;

async function withClient(url: string, action: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    query_timeout: 20_000,
    ssl: false,
    // Not what PGOPTIONS in the shell says.
    options: "-c client_min_messages=warning",
  });
  // A server that ends while we ask also fails the query, which is where it counts.
  client.on("error", () => {});
  try {
    await client.connect();
    await action(client);
  } finally {
    await client.end();
  }
}

async function expectCluster(client: Client, cluster: string): Promise<void> {
  const { rows } = await client.query<{ data_directory: string }>("show data_directory");
  const found = rows[0]?.data_directory ?? "";
  if (!isSameFolder(found, cluster)) throw new Error(`its port leads to the server of ${found}`);
}

async function makeDatabase(client: Client): Promise<void> {
  const { rowCount } = await client.query("select from pg_database where datname = $1", [database]);
  if (rowCount === 0) await client.query(`create database ${database}`);
}

// In a schema of its own: Galley's is for Galley's tables. Two starts at once make it one after the other.
async function makeExtension(client: Client): Promise<void> {
  const { rowCount } = await client.query("select from pg_extension where extname = 'pg_stat_statements'");
  if (rowCount === 0)
    await client.query(`create schema if not exists extensions;
      create extension if not exists pg_stat_statements schema extensions`);
}

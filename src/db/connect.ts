import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { StartError } from "../errors.ts";
import { defaultSchemas, placeOf, problemOf, splitOptions } from "../settings/database-url.ts";
import { isDatabaseUnavailable } from "./availability.ts";
import { describeFailure, reasonOf } from "./failures.ts";
import { beginWith, readSettings, type Schemas, type Session, settingsFor, startupOptions } from "./session.ts";

export type Place = Schemas & {
  /** How long a server is waited for that is not there yet. Default: 0. */
  waitSeconds?: number;
};

const oldestSupportedServer = 150000;
const lookEveryMilliseconds = 250;

/**
 * Finds out how the server at `address` is to be spoken to, and waits for it if need be. Throws StartError with one line
 * unless it is a PostgreSQL 15 or newer with a database in UTF-8. When `until` is aborted it waits no longer.
 */
export async function reachServer(address: string, place: Place = {}, until?: AbortSignal): Promise<Session> {
  const problem = problemOf(address);
  if (problem) throw new StartError(`DATABASE_URL: ${problem}`);
  const { waitSeconds = 0 } = place;
  const giveUpAt = performance.now() + waitSeconds * 1_000;
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await lookAt(address, { ...defaultSchemas, ...place });
    } catch (error) {
      if (error instanceof StartError) throw error;
      if (!isDatabaseUnavailable(error) || performance.now() >= giveUpAt) {
        throw new StartError(describeFailure(error, address), { cause: error });
      }
      if (isFirst)
        print(`Waiting up to ${waitSeconds} s for the PostgreSQL at ${placeOf(address)}: ${reasonOf(error)}.`);
      await delay(lookEveryMilliseconds, undefined, until && { signal: until });
    }
  }
}

/** Opens a connection for `use` and ends it again; what is not committed then is rolled back. */
export async function withClient<T>(config: pg.ClientConfig, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionTimeoutMillis: 5_000, keepAlive: true, ...config });
  // One that breaks while it is in use fails its query and, unheard, would end the process.
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function lookAt(url: string, { schema, queueSchema }: Required<Schemas>): Promise<Session> {
  const { address: connectionString, options: asked } = splitOptions(url);
  const settings = settingsFor(schema, 0);
  const bare = { connectionString, ...(asked && { options: asked }) };
  const look = (config: pg.ClientConfig) =>
    withClient({ ...config, query_timeout: 5_000 }, (client) => ask(client, schema, settings));
  const found = await look({ ...bare, options: startupOptions(settings, asked) }).catch((error: unknown) => {
    if (!isRefusedParameter(error)) throw error;
    return look(bare);
  });
  refuseUnusable(found, url);
  const wanted = settingsFor(schema, found.version);
  const { role, database, keepsSettings } = found;
  return {
    schema,
    queueSchema,
    role,
    hasTenantRole: false,
    database,
    channel: `galley:${schema}`,
    ...(keepsSettings
      ? { config: { ...bare, options: startupOptions(wanted, asked) }, begin: "begin", wrapsStatements: false }
      : { config: bare, begin: beginWith(wanted), wrapsStatements: !found.fits }),
  };
}

type Found = {
  version: number;
  encoding: string;
  role: string;
  database: string;
  isStandby: boolean;
  /** The server took the settings of the connection's start. */
  keepsSettings: boolean;
  fits: boolean;
};

async function ask(client: pg.Client, schema: string, settings: Record<string, string>): Promise<Found> {
  const server = await client.query<Omit<Found, "keepsSettings" | "fits"> & { isFirst: boolean | null }>(
    `select current_setting('server_version_num')::integer as version, current_setting('server_encoding') as encoding,
      current_user as role, current_database() as database, pg_is_in_recovery() as "isStandby",
      current_schema() = $1 as "isFirst"`,
    [schema],
  );
  const [row] = server.rows;
  if (!row) throw new Error("The server says nothing of itself.");
  const { rows } = await client.query<{ name: string; value: string | null }>(readSettings, [
    Object.keys(settings),
  ]);
  const differing = rows.filter(({ name, value }) => value !== settings[name]);
  const { isFirst, ...facts } = row;
  return {
    ...facts,
    keepsSettings: differing.length === 0,
    // Whatever else is in the path, names lead to our schema.
    fits: differing.every(({ name }) => name === "search_path" && isFirst),
  };
}

function refuseUnusable({ version, encoding, database, isStandby }: Found, url: string): void {
  const place = placeOf(url);
  if (version < oldestSupportedServer) {
    throw new StartError(`PostgreSQL 15 or newer is needed; ${place} runs ${Math.floor(version / 10_000)}.`);
  }
  if (encoding !== "UTF8") {
    throw new StartError(
      `The database at ${place} keeps its texts in ${encoding}, and Galley's need UTF8. ` +
        `Create another one: create database ${database}_utf8 encoding 'UTF8' template template0`,
    );
  }
  // A failover may be under way, so it is waited for like a server that is starting.
  if (isStandby)
    throw Object.assign(new pg.DatabaseError("It is a standby, which takes no writes", 0, "error"), {
      code: "25006",
    });
}

// PgBouncer and its like name the parameter; the server itself refuses no setting that we ask for.
function isRefusedParameter(error: unknown): boolean {
  return error instanceof pg.DatabaseError && /startup parameter|\boptions?\b/i.test(error.message);
}

function print(line: string): void {
  process.stderr.write(`${line}\n`);
}

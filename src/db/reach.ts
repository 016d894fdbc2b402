import { createLog, type Log } from "../log/log.ts";
import { startEmbeddedPostgres } from "../postgres/embedded.ts";
import type { Config } from "../settings/config.ts";
import { type Db, openDatabase } from "./client.ts";
import type { Place } from "./connect.ts";
import { requireMigrated } from "./migrate.ts";

/** Where in the database Galley lives, and how long it is waited for. */
export const placeIn = (config: Config): Required<Place> => ({
  schema: config.DATABASE_SCHEMA,
  queueSchema: config.QUEUE_SCHEMA,
  waitSeconds: config.DATABASE_WAIT_SECONDS,
});

/**
 * The database that the settings name: the one at DATABASE_URL, or the embedded one, started or joined. With a log the
 * embedded one is looked after: what dies is started again.
 */
export async function reachDatabase(config: Config, log?: Log): Promise<{ url: string; leave(): Promise<void> }> {
  if (config.DATABASE_URL) return { url: config.DATABASE_URL, leave: async () => undefined };
  const dataDir = config.GALLEY_DATA_DIR;
  const embedded = await startEmbeddedPostgres({
    dataDir,
    report:
      log && ((happening) => (happening.event === "postgres_back" ? log.info(happening) : log.error(happening))),
  });
  return { url: embedded.url, leave: () => embedded.stop() };
}

// Only the person who called the command waits for it.
const commandTimeoutSeconds = 3600;

/** Runs `use` on a database that has this version's schema, and leaves it again. Throws StartError if it has not. */
export async function withMigratedDatabase<T>(config: Config, use: (db: Db) => Promise<T>): Promise<T> {
  return await withDatabase(config, async (url, place) => {
    const database = await openDatabase(url, createLog(config.LOG_LEVEL, config.LOG_FORMAT), {
      ...place,
      timeoutSeconds: commandTimeoutSeconds,
    });
    try {
      await requireMigrated(url, place);
      return await use(database.db);
    } finally {
      await database.close();
    }
  });
}

/** Runs `use` with the database and leaves it again. */
export async function withDatabase<T>(
  config: Config,
  use: (url: string, place: Required<Place>) => Promise<T>,
): Promise<T> {
  const { url, leave } = await reachDatabase(config);
  try {
    return await use(url, placeIn(config));
  } finally {
    await leave();
  }
}

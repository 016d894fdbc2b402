import type { Config } from "../config.ts";
import { createLog } from "../log.ts";
import { startEmbeddedPostgres } from "../postgres/embedded.ts";
import { type Db, openDatabase } from "./client.ts";
import { requireMigrated } from "./migrate.ts";

/** The database that the settings name: the one at DATABASE_URL, or the embedded one, started or joined. */
export async function reachDatabase(config: Config): Promise<{ url: string; leave(): Promise<void> }> {
  if (config.DATABASE_URL) return { url: config.DATABASE_URL, leave: async () => undefined };
  const embedded = await startEmbeddedPostgres({ dataDir: config.GALLEY_DATA_DIR });
  return { url: embedded.url, leave: () => embedded.stop() };
}

// Nobody waits for it but who called it.
const commandTimeoutSeconds = 3600;

/** Runs `use` on a database that has this version's schema, and leaves it again. Throws StartError if it has not. */
export async function withMigratedDatabase<T>(config: Config, use: (db: Db) => Promise<T>): Promise<T> {
  return await withDatabase(config, async (url) => {
    const database = await openDatabase(url, createLog(config.LOG_LEVEL), {
      timeoutSeconds: commandTimeoutSeconds,
    });
    try {
      await requireMigrated(url);
      return await use(database.db);
    } finally {
      await database.close();
    }
  });
}

/** Runs `use` with the database and leaves it again. */
export async function withDatabase<T>(config: Config, use: (url: string) => Promise<T>): Promise<T> {
  const { url, leave } = await reachDatabase(config);
  try {
    return await use(url);
  } finally {
    await leave();
  }
}

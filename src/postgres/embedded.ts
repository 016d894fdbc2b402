import { type Happening, keepUp } from "./keeper.ts";
import { attempt, layOut } from "./layout.ts";
import { isUnused, lock, use } from "./locks.ts";
import { reachServer, stopServer } from "./server.ts";

export type EmbeddedPostgres = {
  /** Address of the database `galley`, with its password. */
  url: string;
  /** Leaves the server. The last living process that used it stops it, and waits for that. Idempotent. */
  stop(): Promise<void>;
};

/**
 * Brings up, or joins, the PostgreSQL server that lives in `dataDir`: its data, its password, its log. Any number
 * of processes may do so at once; the server outlives the one that started it while others use it.
 * With `report` it is started again whenever it dies, and `report` hears of that.
 * `fsync: false` trades safety in a crash of the machine for speed (tests); who starts the server decides.
 *
 * Throws a StartError whose one line says what was expected, what came and what to do.
 *
 *     const postgres = await startEmbeddedPostgres({ dataDir: ".galley" });
 *     const pool = new Pool({ connectionString: postgres.url });
 *     …
 *     await postgres.stop();
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string;
  /** Default: true. */
  fsync?: boolean;
  report?: ((happening: Happening) => void) | undefined;
}): Promise<EmbeddedPostgres> {
  const { dataDir, fsync = true, report } = options;
  return attempt(dataDir, async () => {
    const layout = layOut(dataDir);
    const unlock = await lock(layout.lock);
    try {
      const url = await reachServer(layout, fsync);
      const leave = use(layout.users);
      const letGo = report && keepUp(layout, fsync, report);
      let stopped: Promise<void> | undefined;
      return {
        url,
        stop() {
          stopped ??= Promise.resolve(letGo?.()).then(() => leaveServer(layout, leave));
          return stopped;
        },
      };
    } finally {
      unlock();
    }
  });
}

/** Under the lock, so that no process joins between the last user's leaving and the server's end. */
async function leaveServer(layout: ReturnType<typeof layOut>, leave: () => void): Promise<void> {
  const unlock = await lock(layout.lock);
  try {
    leave();
    if (isUnused(layout.users)) await stopServer(layout);
  } finally {
    unlock();
  }
}

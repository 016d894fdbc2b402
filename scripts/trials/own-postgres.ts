import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { reachServer } from "../../src/db/connect.ts";
import { startEmbeddedPostgres } from "../../src/postgres/embedded.ts";

export type OwnPostgres = { url: string; restart(): Promise<void>; stop(): Promise<void> };

/** A PostgreSQL of its own, whose restarts are `pg_ctl -m immediate`: as after a crash, on the same port. */
export async function startOwnPostgres(): Promise<OwnPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), "galley-own-"));
  const server = await startEmbeddedPostgres({ dataDir });
  const used = [server];
  return {
    url: server.url,
    async restart() {
      const pidFile = await readFile(join(dataDir, "postgres", "postmaster.pid"), "utf8");
      process.kill(Number(pidFile.split("\n", 1)[0]), "SIGQUIT");
      // Who starts it while it still answers joins it, and dies with it.
      while (await answers(server.url)) await delay(20);
      used.push(await startEmbeddedPostgres({ dataDir }));
    },
    async stop() {
      // A user that has not left keeps the server running.
      for (const { stop } of used) await stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const answers = (url: string): Promise<boolean> =>
  reachServer(url).then(
    () => true,
    () => false,
  );

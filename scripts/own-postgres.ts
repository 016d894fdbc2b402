import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "../src/db/embedded.ts";

export type OwnPostgres = { url: string; restart(): Promise<void>; stop(): Promise<void> };

/** A PostgreSQL of its own, whose restarts are `pg_ctl -m immediate`: as after a crash, on the same port. */
export async function startOwnPostgres(): Promise<OwnPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), "galley-own-"));
  let server = await startEmbeddedPostgres({ dataDir });
  return {
    url: server.url,
    async restart() {
      const pidFile = await readFile(join(dataDir, "postgres", "postmaster.pid"), "utf8");
      process.kill(Number(pidFile.split("\n", 1)[0]), "SIGQUIT");
      server = await startEmbeddedPostgres({ dataDir });
    },
    async stop() {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

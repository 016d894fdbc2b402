import { rm } from "node:fs/promises";
import type { EmbeddedPostgres } from "../../src/postgres/embedded.ts";

type OwnServer = EmbeddedPostgres & { dataDir: string };

export default async function globalTeardown(): Promise<void> {
  const { galleyTestServer: own } = globalThis as { galleyTestServer?: OwnServer | null };
  if (!own) return;
  await own.stop();
  await rm(own.dataDir, { recursive: true, force: true });
}

import type { Layout } from "./layout.ts";
import { lock } from "./locks.ts";
import { findPostmaster } from "./postmaster.ts";
import { reachServer } from "./server.ts";

/** What became of a server that is looked after. */
export type Happening =
  | { event: "postgres_lost"; reason: string }
  | { event: "postgres_back"; seconds: number }
  /** It was tried, and will be again. */
  | { event: "postgres_not_back"; reason: string };

const lookEveryMilliseconds = 500;
const tryAgainMilliseconds = 2_000;
const sameAgainMilliseconds = 60_000;

/**
 * Starts the server again whenever it has died, at the port by which all its users know it. Of several processes one does
 * it. `report` hears of it. Returns how to look after it no longer, which waits for a start that is under way.
 */
export function keepUp(
  layout: Layout,
  fsync: boolean,
  report: (happening: Happening) => void,
): () => Promise<void> {
  let isStopped = false;
  let lostAt: number | null = null;
  let failed = { reason: "", at: -Infinity };
  let current: Promise<void> | null = null;
  const timer = setInterval(() => {
    current ??= look().finally(() => {
      current = null;
    });
  }, lookEveryMilliseconds);
  timer.unref();

  async function look(): Promise<void> {
    try {
      if (findPostmaster(layout.cluster)) return reportBack();
      reportLost();
      await revive();
      reportBack();
    } catch (error) {
      reportWhyNot(error instanceof Error ? error.message : String(error));
      await pause();
    }
  }

  async function revive(): Promise<void> {
    const unlock = await lock(layout.lock);
    try {
      if (!isStopped) await reachServer(layout, fsync, { again: true });
    } finally {
      unlock();
    }
  }

  function reportLost(): void {
    if (lostAt !== null) return;
    lostAt = performance.now();
    const reason = `The embedded PostgreSQL has ended, and is started again. What it said last is in ${layout.log}.`;
    report({ event: "postgres_lost", reason });
  }

  function reportWhyNot(why: string): void {
    const reason = `PostgreSQL in ${layout.cluster} cannot be started again: ${why}. It is tried every few seconds.`;
    const now = performance.now();
    if (reason === failed.reason && now - failed.at < sameAgainMilliseconds) return;
    failed = { reason, at: now };
    report({ event: "postgres_not_back", reason });
  }

  function reportBack(): void {
    if (lostAt === null || isStopped) return;
    report({ event: "postgres_back", seconds: Math.round((performance.now() - lostAt) / 100) / 10 });
    lostAt = null;
  }

  async function pause(): Promise<void> {
    if (!isStopped) await new Promise((resolve) => setTimeout(resolve, tryAgainMilliseconds).unref());
  }

  return async () => {
    isStopped = true;
    clearInterval(timer);
    await current;
  };
}

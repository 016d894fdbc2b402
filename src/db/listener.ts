import pg from "pg";
import { z } from "zod";
import type { Log } from "../log.ts";
import { channel, type Notice } from "./transact.ts";

export type Listener = {
  /** Whether notifications arrive now. Without them everything goes on, by polling. */
  isListening(): boolean;
  close(): Promise<void>;
};

const Payload = z.object({
  wake: z.array(z.string()).default([]),
  cancel: z.array(z.string()).default([]),
  events: z.record(z.string(), z.number()).default({}),
});

const reconnectMilliseconds = 1_000;
// A connection that died without a word is found by asking it.
const heartbeatMilliseconds = 10_000;
const heartbeatTimeoutMilliseconds = 5_000;

/**
 * Hears the notices of all processes over one connection of its own. `onNotice(null)` means that some may have been
 * missed: after each (re)connect, and when one was too large to be told.
 */
export function startListener(url: string, log: Log, onNotice: (notice: Notice | null) => void): Listener {
  let closed = false;
  let client: pg.Client | null = null;
  let listening = false;
  let timer: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    const mine = new pg.Client({
      connectionString: url,
      keepAlive: true,
      connectionTimeoutMillis: heartbeatTimeoutMilliseconds,
      query_timeout: heartbeatTimeoutMilliseconds,
      application_name: "galley listener",
    });
    client = mine;
    mine.on("error", () => lose(mine));
    mine.on("end", () => lose(mine));
    mine.on("notification", ({ payload }) => onNotice(parse(payload)));
    try {
      await mine.connect();
      await mine.query(`listen ${channel}`);
      listening = true;
      onNotice(null);
      schedule(heartbeatMilliseconds, () => void check(mine));
    } catch (error) {
      log.warn({ event: "listen_failed", err: error });
      lose(mine);
    }
  }

  async function check(mine: pg.Client): Promise<void> {
    try {
      await mine.query("select 1");
      schedule(heartbeatMilliseconds, () => void check(mine));
    } catch {
      lose(mine);
    }
  }

  function lose(mine: pg.Client): void {
    if (client !== mine) return;
    client = null;
    if (listening && !closed) log.warn({ event: "listen_lost" });
    listening = false;
    void mine.end().catch(() => undefined);
    schedule(reconnectMilliseconds, () => void connect());
  }

  function schedule(milliseconds: number, run: () => void): void {
    clearTimeout(timer);
    if (!closed) timer = setTimeout(run, milliseconds);
  }

  void connect();
  return {
    isListening: () => listening,
    async close() {
      closed = true;
      clearTimeout(timer);
      const mine = client;
      client = null;
      await mine?.end().catch(() => undefined);
    },
  };
}

function parse(payload = ""): Notice | null {
  try {
    const notice = Payload.parse(JSON.parse(payload));
    return payload === "{}" ? null : notice;
  } catch {
    return null;
  }
}

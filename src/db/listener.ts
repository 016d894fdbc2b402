import { randomUUID } from "node:crypto";
import { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { Log } from "../log/log.ts";
import type { Database } from "./client.ts";
import { type Notice, parsePayload } from "./commit/notice.ts";

export type Listener = {
  /** Whether notifications arrive now. Without them everything goes on, by polling. */
  isListening(): boolean;
  close(): Promise<void>;
};

const firstReconnectMilliseconds = 1_000;
// Behind a transaction pooler no connection will ever hear anything; the next deployment may have none.
const longestReconnectMilliseconds = 30_000;
const goodbyeMilliseconds = 500;

type Ear = { client: pg.Client; socket: Socket };

/**
 * Hears the notices of all processes over one connection of its own. It believes only what it hears: now and then it
 * sends itself an echo, and one that does not come back means that nothing else does. `onNotice(null)` means that some
 * notices may have been missed: when it begins to hear, and when it hears what it cannot read.
 */
export function startListener(
  { session, pool, timeoutSeconds }: Database,
  log: Log,
  onNotice: (notice: Notice | null) => void,
): Listener {
  const echoChannel = `galley_echo_${randomUUID().replaceAll("-", "")}`;
  const echoEveryMilliseconds = timeoutSeconds * 1_000;
  const echoWithinMilliseconds = echoEveryMilliseconds / 2;
  let closed = false;
  let current: Ear | null = null;
  let listening = false;
  let reported = false;
  let reconnectMilliseconds = firstReconnectMilliseconds;
  let timer: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    const socket = new Socket();
    const client = new pg.Client({
      ...session.config,
      stream: () => socket,
      keepAlive: true,
      connectionTimeoutMillis: echoWithinMilliseconds,
      query_timeout: echoWithinMilliseconds,
      application_name: "galley listener",
    });
    const ear = { client, socket };
    current = ear;
    client.on("error", (error) => lose(ear, error.message));
    client.on("end", () => lose(ear, "The connection ended."));
    client.on("notification", (message) => hear(ear, message));
    try {
      await client.connect();
      await client.query(`listen ${pg.escapeIdentifier(session.channel)}; listen ${echoChannel}`);
      if (current === ear) sendEcho(ear);
    } catch (error) {
      lose(ear, error instanceof Error ? error.message : String(error));
    }
  }

  function sendEcho(ear: Ear): void {
    schedule(echoWithinMilliseconds, () => lose(ear, "No notification arrives."));
    // Not over the ear's own connection: behind a transaction pooler it hears only itself.
    const sent = pool.query("select pg_notify($1, '')", [echoChannel]);
    // What was not sent does not come back either.
    sent.catch(() => undefined);
  }

  function hear(ear: Ear, { channel, payload }: pg.Notification): void {
    if (ear !== current) return;
    if (channel === session.channel) passOn(payload);
    if (channel !== echoChannel) return;
    schedule(echoEveryMilliseconds, () => sendEcho(ear));
    reconnectMilliseconds = firstReconnectMilliseconds;
    if (listening) return;
    listening = true;
    if (reported) log.info({ event: "listening" });
    reported = false;
    onNotice(null);
  }

  function passOn(payload = ""): void {
    const notice = parsePayload(payload);
    // This process has heard its own hints when it sent them. It has not heard a cancel: that comes with its commit.
    if (notice?.from !== pool.hints.process) onNotice(notice);
  }

  function lose(ear: Ear, reason: string): void {
    if (ear !== current) return;
    current = null;
    // Once, and not at each try to come back.
    if (!reported && !closed) log.warn({ event: listening ? "listen_lost" : "listen_failed", reason });
    reported = true;
    listening = false;
    // A goodbye to a server that is silent would wait for its answer.
    ear.socket.destroy();
    schedule(reconnectMilliseconds, () => void connect());
    reconnectMilliseconds = Math.min(longestReconnectMilliseconds, 2 * reconnectMilliseconds);
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
      const ear = current;
      current = null;
      if (!ear) return;
      const goodbye = ear.client.end().catch(() => undefined);
      await Promise.race([goodbye, delay(goodbyeMilliseconds, undefined, { ref: false })]);
      ear.socket.destroy();
    },
  };
}

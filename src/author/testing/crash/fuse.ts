import type pg from "pg";
import type { Galley } from "../../../process/start.ts";
import { crash } from "../galley.ts";

export type Fuse = {
  /** Counts from now on. */
  light(): void;
  /** Resolves with the statement that was not sent any more. */
  blown: Promise<string>;
};

/**
 * Stops a galley dead before the n-th statement that it sends once the fuse is lit: its sockets break, so PostgreSQL
 * rolls back what is open, and nothing that it does later reaches the database. To PostgreSQL it is like kill -9.
 */
export function layFuse(galley: Galley, statement: number): Fuse {
  const { pool } = galley.database;
  const clients = new Set<pg.PoolClient>();
  const blown = Promise.withResolvers<string>();
  let left: number | null = null;

  function count(text: string): void {
    if (left === null || --left > 0) return;
    left = null;
    crash(galley);
    for (const client of clients) socketOf(client).destroy();
    blown.resolve(text);
  }

  pool.on("acquire", (client) => {
    if (clients.has(client)) return;
    clients.add(client);
    // A killed process reports nothing.
    client.on("error", () => undefined);
    watch(client, count);
  });

  return {
    light() {
      left = statement;
    },
    blown: blown.promise,
  };
}

/** Calls `onStatement` before each statement that the client sends. */
export function watch(client: pg.PoolClient, onStatement: (text: string) => void): void {
  const send = client.query.bind(client) as (...args: unknown[]) => unknown;
  Object.assign(client, {
    query(...args: unknown[]) {
      onStatement(textOf(args[0]));
      return send(...args);
    },
  });
}

/** pg keeps it to itself. */
export const socketOf = (client: pg.PoolClient) =>
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream;

export function textOf(query: unknown): string {
  if (typeof query === "string") return query;
  return typeof query === "object" && query !== null && "text" in query ? String(query.text) : "";
}

import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import type pg from "pg";
import type { Db, Tx } from "../client.ts";
import { guard } from "./guard.ts";

/** What a transaction tells all processes when it commits. */
export type Notice = {
  /** Queues that have something to do now. */
  wake: string[];
  /** Queue jobs whose running attempt must stop. */
  cancel: string[];
  /** Jobs that have new events, and the number of the latest. */
  events: Record<string, number>;
};

/** A transaction and what it will have changed. */
export type Transaction = { tx: Tx; notice: Notice };

// Lock order is mirror rows by id, then topics, then queue rows; what pg-boss does by itself can still cross it.
const tryAgain = ["40P01", "40001"];
const maxTries = 5;
const maxNoticeBytes = 7_900;

/** Runs `run` in one transaction and sends its notice with the commit. A deadlock is tried again. */
export async function transact<T>(db: Db, run: (transaction: Transaction) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await withConnection(db, (connection) =>
        drizzle(connection).transaction(async (tx) => {
          const transaction: Transaction = { tx, notice: { wake: [], cancel: [], events: {} } };
          const result = await run(transaction);
          await send(transaction, db.$client.session.channel);
          return result;
        }),
      );
    } catch (error) {
      if (attempt === maxTries || !tryAgain.includes(sqlStateOf(error) ?? "")) throw error;
    }
  }
}

/** The SQLSTATE of a failed query, through Drizzle's wrapping. */
export function sqlStateOf(error: unknown): string | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if ("code" in cause && typeof cause.code === "string" && /^[0-9A-Z]{5}$/.test(cause.code)) return cause.code;
  }
  return undefined;
}

// Drizzle's own transaction on a pool keeps a connection for ever that breaks before its `begin`.
async function withConnection<T>(
  { $client: pool }: Db,
  run: (connection: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const connection = await pool.connect();
  const guarded = guard(connection, pool.session.begin, pool.options.query_timeout ?? 0);
  try {
    return await run(guarded.client);
  } finally {
    connection.release(guarded.isBroken());
  }
}

// One notification per transaction, so that a commit costs the server one.
async function send({ tx, notice }: Transaction, channel: string): Promise<void> {
  const isEmpty = notice.wake.length + notice.cancel.length + Object.keys(notice.events).length === 0;
  if (isEmpty) return;
  let payload = JSON.stringify({ ...notice, wake: [...new Set(notice.wake)] });
  // Listeners look for themselves when they are not told what changed.
  if (Buffer.byteLength(payload) > maxNoticeBytes) payload = "{}";
  await tx.execute(sql`select pg_notify(${channel}, ${payload})`);
}

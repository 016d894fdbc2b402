import { drizzle } from "drizzle-orm/node-postgres";
import type pg from "pg";
import type { Db, Tx } from "../client.ts";
import { guard, isOutdatedPlan } from "./guard.ts";
import { emptyNotice, type Notice, notify, payloads } from "./notice.ts";
import { type Query, queryWith } from "./statement.ts";

/** A transaction and what it will have changed. `query`: the statements whose text never changes. */
export type Transaction = { tx: Tx; query: Query; notice: Notice };

// Lock order is mirror rows by id, then topics, then queue rows; what pg-boss does by itself can still cross it.
// A statement that the server cancelled may go through the next time.
const tryAgain = ["40P01", "40001", "57014"];
const maxTries = 5;

/**
 * Runs `run` in one transaction and sends its notice to all processes: what is cancelled with the commit, the rest after
 * it. A deadlock is tried again. `settings`: statements that the transaction begins with.
 */
export async function transact<T>(
  db: Db,
  run: (transaction: Transaction) => Promise<T>,
  settings: readonly string[] = [],
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      const notice = emptyNotice();
      const result = await withConnection(db, settings, (connection) =>
        drizzle(connection).transaction(async (tx) => {
          const query = queryWith(connection, db.$client.session);
          const result = await run({ tx, query, notice });
          await sendCancels(query, db.$client.session.channel, notice);
          return result;
        }),
      );
      db.$client.hints.send({ ...notice, cancel: [] });
      return result;
    } catch (error) {
      const isAgain = tryAgain.includes(sqlStateOf(error) ?? "") || isOutdatedPlan(error);
      if (attempt === maxTries || !isAgain) throw error;
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
  settings: readonly string[],
  run: (connection: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const connection = await pool.connect();
  const guarded = guard(connection, [pool.session.begin, ...settings].join("; "), pool.options.query_timeout ?? 0);
  try {
    return await run(guarded.client);
  } catch (error) {
    pool.onFailure(error);
    throw error;
  } finally {
    connection.release(guarded.isBroken());
  }
}

// A notification in a transaction lets the commits of the whole server wait for each other. A cancel is worth it: the
// attempt that it stops spends money.
async function sendCancels(query: Query, channel: string, { cancel }: Notice): Promise<void> {
  if (cancel.length === 0) return;
  await query(notify, [channel, payloads({ ...emptyNotice(), cancel })]);
}

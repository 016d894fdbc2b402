import pg from "pg";
import { isDatabaseUnavailable } from "../availability.ts";

/** A connection for one transaction of Drizzle's. */
export type Guarded = { client: pg.PoolClient; isBroken(): boolean };

/**
 * Sends nothing more on a connection after an outage: the rollback would wait for its answer as long again. And asks the
 * server to end a transaction that stands still for `milliseconds`: the server does not notice that its client is cut
 * off, and until it ends the transaction, its locks hold up the next try. `begin` is sent in place of Drizzle's own.
 */
export function guard(connection: pg.PoolClient, begin: string, milliseconds: number): Guarded {
  const settings = {
    idle_in_transaction_session_timeout: milliseconds,
    // Every statement here finds its rows by an index. While a table is small the planner would rather read all of it,
    // and keep that plan when the table has grown.
    enable_seqscan: "off",
  };
  const begins = [begin, ...Object.entries(settings).map(([name, value]) => `set local ${name} = ${value}`)].join(
    "; ",
  );
  let outage: unknown;
  const guarded = {
    async query(statement: pg.QueryConfig, values?: unknown[]) {
      if (outage) throw outage;
      try {
        // One message to the server for both, so that it costs no time.
        const sent = statement.text === "begin" ? { ...statement, text: begins } : statement;
        return await connection.query(sent, values);
      } catch (error) {
        if (isDatabaseUnavailable(error) || isOutdatedPlan(error)) outage = error;
        throw error;
      }
    },
  };
  // Drizzle asks a client for nothing but `query`.
  return { client: guarded as unknown as pg.PoolClient, isBroken: () => outage !== undefined };
}

/** A migration has changed a table for which this connection has prepared a statement. */
export const isOutdatedPlan = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.code === "0A000" && error.message.startsWith("cached plan");

import { createHash } from "node:crypto";
import type pg from "pg";
import type { Session } from "../session.ts";

/** A statement whose text is always the same: the server plans it once for each connection. */
export type Statement = { name: string; text: string };

/** Runs a statement and returns its rows. */
export type Query = <Row extends object>(statement: Statement, values: unknown[]) => Promise<Row[]>;

const known = new Map<string, Statement>();

/** Names a statement by its text. */
export function statement(text: string): Statement {
  let named = known.get(text);
  if (!named) {
    named = { name: `galley_${createHash("sha1").update(text).digest("base64url")}`, text };
    known.set(text, named);
  }
  return named;
}

type Queryable = { query(config: pg.QueryConfig): Promise<pg.QueryResult> };

/** The statements of one connection. A pooler in transaction mode may lose what was prepared, so there it is not named. */
export function queryWith(connection: Queryable, { wrapsStatements }: Session): Query {
  return async <Row extends object>({ name, text }: Statement, values: unknown[]) => {
    const { rows } = await connection.query(wrapsStatements ? { text, values } : { name, text, values });
    return rows as Row[];
  };
}

import pg from "pg";
import { findOutage } from "../availability.ts";
import { reasonOf } from "../failures.ts";

type Words = {
  /** What a caller of the API may read. */
  message: string;
  /** What the operator can do. */
  advice: string;
};

const unreachable: Words = {
  message: "The database cannot be reached right now.",
  advice: "Check that PostgreSQL runs there and can be reached.",
};
const exhausted: Words = {
  message: "The database is short of a resource right now.",
  advice: "PostgreSQL's own log says which limit was met.",
};
const allInUse: Words = {
  message: "All connections to the database are in use right now.",
  advice: "Raise DATABASE_POOL_SIZE, or look for statements that take long.",
};
const unusable: Words = {
  message: "The database cannot be used right now.",
  advice: "Check the database at DATABASE_URL.",
};

// By SQLSTATE, or by its class.
const bySqlState: Record<string, Words> = {
  "53100": {
    message: "The database's disk is full, so nothing can be written right now.",
    advice: "Free space where PostgreSQL keeps its data.",
  },
  "53300": {
    message: "The database has no connection left right now.",
    advice: "Raise the limit of the role or server, or lower DATABASE_POOL_SIZE.",
  },
  "25006": {
    message: "The database is read-only right now.",
    advice: "Let DATABASE_URL lead to the primary, or let the server take writes again.",
  },
  "58030": {
    message: "The database's disk gives errors right now.",
    advice: "Check the disk where PostgreSQL keeps its data.",
  },
  "57P03": {
    message: "The database is starting or stopping right now.",
    advice: "Nothing, if it is ready soon; else PostgreSQL's own log says what it waits for.",
  },
  "53": exhausted,
  "57": unreachable,
  "08": unreachable,
};

/** What is true of an outage. */
export type Description = Words & {
  /** SQLSTATE. Null: the server said nothing. */
  code: string | null;
  /** What the server or the network said, for the operator. */
  reason: string;
};

export function describeOutage(error: unknown): Description {
  const outage = findOutage(error);
  const cause = outage ?? error;
  const code = cause instanceof pg.DatabaseError ? (cause.code ?? null) : null;
  return { code, reason: reasonOf(cause), ...(outage ? wordsFor(outage.message, code ?? "") : unusable) };
}

function wordsFor(message: string, code: string): Words {
  // Said by the pool, of callers that queue for a connection.
  if (/^timeout exceeded/i.test(message)) return allInUse;
  return bySqlState[code] ?? bySqlState[code.slice(0, 2)] ?? unreachable;
}

/** Whether the server itself says that it takes no writes, so that one statement is proof enough. */
export const isProof = ({ code }: Description): boolean => /^(53|25006|58030)/.test(code ?? "");

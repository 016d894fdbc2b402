import pg from "pg";
import type { Log } from "../log.ts";
import { isDatabaseUnavailable } from "./availability.ts";

/** What keeps the database from being used. `reason` is for callers; the log has the server's own words. */
export type Outage = { code: string; reason: string; advice: string };

/** The outages of the database as this process sees them. */
export type Outages = {
  /** Takes any error. One line of the log says what failed and what to do, at most every ten seconds. */
  report(error: unknown): void;
  /** A write was taken. */
  over(): void;
  /** What was seen in the last fifteen seconds, if no write was taken since. */
  current(): Outage | null;
  /** Called with each outage that is reported. */
  onReport(hear: (outage: Outage) => void): void;
};

const tellEveryMilliseconds = 10_000;
const currentMilliseconds = 15_000;

export function createOutages(log: Log): Outages {
  const hearers: ((outage: Outage) => void)[] = [];
  let last: { outage: Outage; at: number; since: number } | null = null;
  let toldAt = Number.NEGATIVE_INFINITY;

  return {
    report(error) {
      const cause = causeOf(error);
      if (!cause) return;
      const [now, outage] = [performance.now(), describeOutage(cause)];
      last = { outage, at: now, since: last?.since ?? now };
      if (now - toldAt >= tellEveryMilliseconds) {
        toldAt = now;
        const { code, advice } = outage;
        log.error({ event: "database_unavailable", code, reason: cause.message, advice });
      }
      for (const hear of hearers) hear(outage);
    },
    over() {
      if (!last) return;
      log.info({ event: "database_back", seconds: Math.round((performance.now() - last.since) / 1000) });
      last = null;
      toldAt = Number.NEGATIVE_INFINITY;
    },
    current: () => (last && performance.now() - last.at < currentMilliseconds ? last.outage : null),
    onReport: (hear) => void hearers.push(hear),
  };
}

/** What an error says of the database. */
export function describeOutage(error: unknown): Outage {
  const cause = causeOf(error);
  const code = cause && "code" in cause ? String(cause.code) : "";
  const [, reason, advice] = kinds.find(([codes]) => codes.test(code || (cause?.message ?? ""))) ?? unreachable;
  return { code: code || "timeout", reason, advice };
}

const unreachable = [
  /(?:)/,
  "The database cannot be reached right now.",
  "See whether it runs, and whether DATABASE_URL still names it.",
] as const;

const kinds: readonly (readonly [RegExp, string, string])[] = [
  [/^53100$/, "The database's disk is full.", "Make room on the disk of the database."],
  [
    /^53300$/,
    "The database takes no more connections.",
    "Raise the limit of the role or server, or lower DATABASE_POOL_SIZE.",
  ],
  [/^53/, "The database lacks resources.", "See the server's own log."],
  [
    /^25006$/,
    "The database is read-only.",
    "Point DATABASE_URL at the server that takes writes, or end its read-only mode.",
  ],
  [/^57P0[123]$/, "The database is shutting down or starting up.", "It comes back by itself, or start it."],
  [/timeout/i, "The database does not answer in time.", "See what holds it up, or raise DATABASE_TIMEOUT_SECONDS."],
];

/** The error of the server or the network within what Drizzle or a pool made of it. */
function causeOf(error: unknown): Error | null {
  if (!isDatabaseUnavailable(error)) return null;
  let found: Error | null = null;
  for (let cause = error; Error.isError(cause); cause = cause.cause) {
    if ("errors" in cause && Array.isArray(cause.errors)) return causeOf(cause.errors[0]);
    found = cause as Error;
    if (cause instanceof pg.DatabaseError) break;
  }
  return found;
}

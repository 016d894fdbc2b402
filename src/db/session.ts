import pg from "pg";

/** Which part of a database is Galley's. */
export type Schemas = {
  /** Of Galley's own tables. Default: public. */
  schema?: string;
  /** Of pg-boss's tables. Default: galley_queue. */
  queueSchema?: string;
};

/** How a connection is opened and a transaction begun, so that what Galley relies on holds in both. */
export type Session = Required<Schemas> & {
  config: pg.ClientConfig;
  /** Begins a transaction. */
  begin: string;
  /** Statements outside a transaction need one of their own, since the connection cannot keep settings. */
  wrapsStatements: boolean;
  /** The channel of every notification: one per schema, since two Galleys may share a database. */
  channel: string;
  /** The role that the server knows us by. */
  role: string;
  /** Whether requests can be answered as the role that sees one tenant's rows. Known once the database is migrated. */
  hasTenantRole: boolean;
  database: string;
};

/**
 * What Galley relies on in every session, whatever a role, a database or a server has set: our schema alone, texts of
 * times and numbers as pg reads them, transactions that do not refuse each other, and no time limits but our own.
 */
export function settingsFor(schema: string, serverVersion: number): Record<string, string> {
  return {
    search_path: pg.escapeIdentifier(schema),
    datestyle: "ISO, MDY",
    intervalstyle: "postgres",
    timezone: "UTC",
    extra_float_digits: "1",
    bytea_output: "hex",
    standard_conforming_strings: "on",
    row_security: "on",
    statement_timeout: "0",
    lock_timeout: "0",
    idle_in_transaction_session_timeout: "0",
    idle_session_timeout: "0",
    // Unknown before, and a server refuses a connection that asks for what it does not know.
    ...(serverVersion >= 170000 ? { transaction_timeout: "0" } : {}),
    ...transactionDefaults,
  };
}

const transactionDefaults = {
  default_transaction_isolation: "read committed",
  default_transaction_read_only: "off",
  default_transaction_deferrable: "off",
};

/** The settings as PostgreSQL's startup parameter `options`, behind those that the address asks for. */
export function startupOptions(settings: Record<string, string>, asked: string): string {
  const ours = Object.entries(settings).map(([name, value]) => `-c ${name}=${value.replace(/[\\\s]/g, "\\$&")}`);
  return [asked, ...ours].filter(Boolean).join(" ");
}

/**
 * The settings for one transaction. A pooler in transaction mode takes no startup parameters, and what is set on one of
 * its connections would reach other applications.
 */
export function beginWith(settings: Record<string, string>): string {
  const local = Object.entries(settings)
    // These say how the next transaction begins, and this one has begun.
    .filter(([name]) => !(name in transactionDefaults))
    // Not in quotes: they would turn a list of schemas or words into one.
    .map(([name, value]) => `set local ${name} = ${name === "search_path" ? value : pg.escapeLiteral(value)}`);
  return ["begin isolation level read committed read write not deferrable", ...local].join("; ");
}

/** The settings in force now, by the names above. */
export const readSettings = "select name, current_setting(name, true) as value from unnest($1::text[]) as name";

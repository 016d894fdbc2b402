import pg from "pg";

// connection_exception, operator_intervention (shutdown, crash), insufficient_resources
const unavailableClasses = ["08", "57", "53"];
// pg gives these no code, only words.
const connectionWords =
  /^(connection terminated|timeout exceeded when trying to connect|client (was closed|has encountered))/i;

/** Whether an error says that the database cannot be used right now, and not that a query was wrong. */
export function isDatabaseUnavailable(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof pg.DatabaseError) return unavailableClasses.includes(cause.code?.slice(0, 2) ?? "");
    if ("syscall" in cause && "code" in cause) return true;
    if (connectionWords.test(cause.message)) return true;
  }
  return false;
}

import pg from "pg";

// connection_exception, operator_intervention (shutdown, crash), insufficient_resources
const unavailableClasses = ["08", "57", "53"];
// It ended a transaction that stood still (see guard.ts); it is a standby now, and another one takes the writes; its
// disk gives errors.
const unavailableStates = ["25P03", "25006", "58030"];
// A person, or a time limit of the server, has ended one statement.
const cancelled = "57014";
// pg gives these no code, only words.
const connectionWords =
  /^(connection terminated|query read timeout|timeout exceeded when trying to connect|client (was closed|has encountered))/i;
// Not those of files, which a job type may use too.
const socketCalls = ["connect", "read", "write", "getaddrinfo"];

/** Whether an error says that the database cannot be used right now, and not that a query was wrong. */
export const isDatabaseUnavailable = (error: unknown): boolean => findOutage(error) !== null;

/** The error among the causes of an error that says so. Null if none does. */
export function findOutage(error: unknown): Error | null {
  // Node's own errors are no `instanceof Error` within a test, which has globals of its own.
  for (let cause = error; Error.isError(cause); cause = cause.cause) {
    if (cause instanceof pg.DatabaseError) {
      const { code = "" } = cause;
      if (code === cancelled) return null;
      return unavailableClasses.includes(code.slice(0, 2)) || unavailableStates.includes(code) ? cause : null;
    }
    // Several addresses behind one name, none of which answers.
    if ("errors" in cause && Array.isArray(cause.errors)) {
      return cause.errors.map(findOutage).find((found) => found !== null) ?? null;
    }
    if ("syscall" in cause && socketCalls.includes(String(cause.syscall))) return cause;
    if (connectionWords.test(cause.message)) return cause;
  }
  return null;
}

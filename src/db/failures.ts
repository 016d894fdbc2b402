import pg from "pg";
import { StartError } from "../errors.ts";
import { placeOf } from "../settings/database-url.ts";

const untrusted = [
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "CERT_HAS_EXPIRED",
];
const trust =
  "Add sslrootcert=/path/to/its-ca.pem to DATABASE_URL, or sslmode=no-verify to take any certificate: " +
  "sslmode=require asks for one that can be verified.";

/** One line for what went wrong when a connection was opened: what came, and what to do. */
export function describeFailure(error: unknown, address: string): string {
  const place = placeOf(address);
  const reason = reasonOf(error);
  const { code, syscall, path } = error as { code?: string; syscall?: string; path?: string };
  if (syscall === "open") {
    return `DATABASE_URL names the file ${path}, which cannot be read (${code}).`;
  }
  const advice = adviceFor(error, code ?? "");
  return `Cannot use the PostgreSQL at ${place}: ${reason}. ${advice}`;
}

function adviceFor(error: unknown, code: string): string {
  if (untrusted.includes(code)) return trust;
  if (/does not support SSL/.test(reasonOf(error))) return "Take sslmode out of DATABASE_URL.";
  switch (code) {
    case "28000":
      return "Check user and sslmode in DATABASE_URL, and the server's pg_hba.conf.";
    case "28P01":
      return "Check user and password in DATABASE_URL.";
    case "3D000":
      return "Create the database, or check DATABASE_URL.";
    case "42501":
      return grantsHint;
    case "53300":
      return "Raise the limit of the role or server, lower DATABASE_POOL_SIZE, or raise DATABASE_WAIT_SECONDS.";
    case "57P03":
      return "Try again, or raise DATABASE_WAIT_SECONDS.";
    default:
      return "Check DATABASE_URL.";
  }
}

const grantsHint = "`npm run db:grants -- --role <role>` prints what its owner must grant.";

/** What went wrong, in words without a full stop. */
export function reasonOf(error: unknown): string {
  if (!Error.isError(error)) return messageIn(error) ?? String(error);
  // Several addresses behind one name give one error without a message.
  return (error.message || ("code" in error ? String(error.code) : error.name)).replace(/\.$/, "");
}

const messageIn = (value: unknown): string | undefined =>
  typeof value === "object" && value !== null && "message" in value ? String(value.message) : undefined;

/** Runs what needs rights in the database. Throws StartError that says which one is missing, and how to get it. */
export async function sayingWhatIsMissing<T>(role: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const denied = findDenial(error);
    if (!denied) throw error;
    throw new StartError(
      `The role ${role} lacks a right in the database: ${reasonOf(denied)}. ` +
        `The database's owner grants what this prints: npm run db:grants -- --role ${role}`,
      { cause: error },
    );
  }
}

function findDenial(error: unknown): pg.DatabaseError | null {
  for (let cause = error; Error.isError(cause); cause = cause.cause) {
    if (cause instanceof pg.DatabaseError && cause.code === "42501") return cause;
  }
  return null;
}

import { chownSync, closeSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { StartError } from "../errors.ts";

// The kernel lets go of these locks when a process dies, however it dies. A file with a process number in it would
// have to be judged by who comes next, and in a container each life of a process may have the same number.
// Node has no flock; SQLite's locks on a file, which stays empty, are that on every platform.
// Nothing else may open these files: on POSIX, closing any other descriptor of a file frees the process's locks on it.

const held = new Set<DatabaseSync>();
const patienceMilliseconds = 120_000;

/** Waits for the lock and takes it. Returns what gives it back. */
export async function lock(file: string): Promise<() => void> {
  const connection = open(file);
  const deadline = performance.now() + patienceMilliseconds;
  while (!takes(connection, "begin exclusive")) {
    if (performance.now() > deadline) {
      connection.close();
      throw new StartError(
        `another process has held ${file} for ${patienceMilliseconds / 1000} s: end it, then try again`,
      );
    }
    await sleep(10);
  }
  return hold(connection);
}

/** Counts this process as a user until it leaves, by what is returned, or dies. Call it under the lock. */
export function use(file: string): () => void {
  const connection = open(file);
  connection.exec("begin; select 1 from sqlite_schema");
  return hold(connection);
}

/** Whether no living process is a user. Call it under the lock. */
export function isUnused(file: string): boolean {
  const connection = open(file);
  const unused = takes(connection, "begin exclusive");
  connection.close();
  return unused;
}

function open(file: string): DatabaseSync {
  createEmpty(file);
  return new DatabaseSync(file, { timeout: 0 });
}

/** What root creates in another user's data directory belongs to that user, who could not use it later otherwise. */
function createEmpty(file: string): void {
  try {
    closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return;
    throw error;
  }
  const { uid, gid } = statSync(dirname(file));
  if (process.getuid?.() === 0) chownSync(file, uid, gid);
}

/** A connection that is collected as garbage would give up its lock. */
function hold(connection: DatabaseSync): () => void {
  held.add(connection);
  return () => {
    if (held.delete(connection)) connection.close();
  };
}

const sqliteBusy = 5;

function takes(connection: DatabaseSync, sql: string): boolean {
  try {
    connection.exec(sql);
    return true;
  } catch (error) {
    if ((error as { errcode?: number }).errcode === sqliteBusy) return false;
    throw error;
  }
}

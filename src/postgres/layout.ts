import { accessSync, chmodSync, constants, existsSync, mkdirSync, realpathSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { StartError } from "../errors.ts";

/** What lies where in the data directory. */
export type Layout = {
  dataDir: string;
  /** PostgreSQL's own directory: PGDATA. */
  cluster: string;
  password: string;
  /** The port of the last start, which is taken again if it is free. */
  port: string;
  log: string;
  lock: string;
  users: string;
};

/** Names of the entries a program is given relative to the data directory, where it runs. */
export const clusterName = "postgres";
export const logName = "postgres.log";

/** Makes sure that the data directory exists and can be written. */
export function layOut(path: string): Layout {
  makeFolder(resolve(path));
  const dataDir = realpathSync(path);
  // The dot says that it has to be a folder.
  accessSync(`${dataDir}/.`, constants.R_OK | constants.W_OK | constants.X_OK);
  letServerIn(dataDir);
  const entry = (name: string) => join(dataDir, name);
  return {
    dataDir,
    cluster: entry(clusterName),
    password: entry("password"),
    port: entry("port"),
    log: entry(logName),
    lock: entry("lock"),
    users: entry("users"),
  };
}

/** Turns whatever goes wrong into one line that names the data directory. */
export async function attempt<T>(dataDir: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (cause instanceof StartError) throw cause;
    const why = (cause as Partial<Error> | undefined)?.message ?? String(cause);
    const advice = "choose a folder this user may write to, or set DATABASE_URL to a PostgreSQL of your own";
    throw new StartError(`PostgreSQL cannot keep its data in ${resolve(dataDir)}: ${why}; ${advice}`, { cause });
  }
}

/** One by one: mkdir's own `recursive` reports a read-only file system as ENOENT, and under /proc never returns. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  if (path !== dirname(path)) makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if (!existsSync(path)) throw error;
  }
}

/** Root's server runs as another user, who must at least pass through. What lies inside keeps its own rights. */
function letServerIn(dataDir: string): void {
  const { uid, mode } = statSync(dataDir);
  if (process.getuid?.() === 0 && uid === 0 && !(mode & 0o001)) chmodSync(dataDir, (mode & 0o7777) | 0o001);
}

import * as fs from "node:fs";
import { basename, join } from "node:path";

export type Postmaster = { pid: number; port: number };

const pidFile = (cluster: string) => join(cluster, "postmaster.pid");

/** The living server of this cluster, if there is one. It may still be starting, or already be stopping. */
export function findPostmaster(cluster: string): Postmaster | undefined {
  const noted = readPidFile(cluster);
  return noted && isAlive(noted.pid) && !isOther(noted.pid, cluster) ? noted : undefined;
}

/** Whether a server ran here that did not take its leave, so that children of it may still be ending. */
export function diedUncleanly(cluster: string): boolean {
  return fs.existsSync(pidFile(cluster)) && !findPostmaster(cluster);
}

/**
 * Removes a pid file that a crash of the machine left empty, or whose number another process has by now, as happens
 * after a crash and in every restarted container. PostgreSQL itself would refuse to start. Everything else about
 * a stale pid file it judges better than we could.
 */
export function removeMistakenPidFile(cluster: string): void {
  const noted = readPidFile(cluster);
  const isMistaken = noted ? isAlive(noted.pid) && isOther(noted.pid, cluster) : isLeftEmpty(pidFile(cluster));
  if (isMistaken) fs.rmSync(pidFile(cluster), { force: true });
}

/** A server that is just starting fills its file at once. */
function isLeftEmpty(file: string): boolean {
  const found = fs.statSync(file, { throwIfNoEntry: false });
  return found !== undefined && found.size === 0 && Date.now() - found.mtimeMs > 2_000;
}

/**
 * Ends what a killed server left running. Its children notice by themselves once they wait for something, but one
 * in the middle of a long query does not, and as long as it runs no new server starts. Where there is
 * no /proc to find them by, they go when their query is done.
 */
export function endOrphans(cluster: string): void {
  if (process.platform !== "linux" || !diedUncleanly(cluster)) return;
  for (const pid of fs.readdirSync("/proc").map(Number)) {
    if (pid > 0) endIfServer(pid, cluster);
  }
}

function endIfServer(pid: number, cluster: string): void {
  try {
    const isPostgres = basename(fs.readlinkSync(`/proc/${pid}/exe`)).startsWith("postgres");
    if (isPostgres && isSameFolder(`/proc/${pid}/cwd`, cluster)) process.kill(pid, "SIGQUIT");
  } catch {
    // Gone by now, or another user's, and so none of ours.
  }
}

function readPidFile(cluster: string): Postmaster | undefined {
  let lines: string[];
  try {
    lines = fs.readFileSync(pidFile(cluster), "utf8").split("\n");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  return pid > 0 && port > 0 ? { pid, port } : undefined;
}

/** What we may not signal belongs to another user, so it is not a server that we could have started. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Whether the process is certainly not this cluster's server: a server's working directory is its cluster. */
function isOther(pid: number, cluster: string): boolean {
  const folder = `/proc/${pid}`;
  if (process.platform !== "linux" || !fs.existsSync(folder)) return false;
  try {
    return !isSameFolder(`${folder}/cwd`, cluster);
  } catch (error) {
    // A process without a working directory has ended, and its parent has not asked for its exit code yet.
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}

/** By what they are, not by name: there may be links on the way, and a container has names of its own. */
export function isSameFolder(one: string, other: string): boolean {
  const [a, b] = [fs.statSync(one), fs.statSync(other)];
  return a.dev === b.dev && a.ino === b.ino;
}

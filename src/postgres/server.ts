import * as fs from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { StartError } from "../errors.ts";
import { prepareCluster } from "./cluster.ts";
import { type Answer, ask } from "./connection.ts";
import { clusterName, type Layout, logName } from "./layout.ts";
import { lastWords } from "./output.ts";
import { diedUncleanly, endOrphans, findPostmaster, removeMistakenPidFile } from "./postmaster.ts";
import { findRunner } from "./runner.ts";

/** How long a server may take to answer, for example while it recovers from a crash. */
const answerPatienceMilliseconds = 60_000;
/** How long children of a killed server, which forbid a new one, may take to end. */
const remainsPatienceMilliseconds = 15_000;

/**
 * Joins the server of this data directory, or starts it. Returns the address of our database. Call it under the lock.
 * `again`: with the data of the last start and at its port, or not at all. A new cluster would hold none of the jobs,
 * and nothing would say so.
 */
export async function reachServer(layout: Layout, fsync: boolean, { again = false } = {}): Promise<string> {
  const began = performance.now();
  let failedStarts = 0;
  for (;;) {
    const postmaster = findPostmaster(layout.cluster);
    const answer = postmaster ? await ask(layout, postmaster.port) : await start(layout, fsync, again);
    if (answer && "url" in answer) return answer.url;
    if (answer) {
      if (!postmaster) failedStarts += 1;
      if (isHopeless(layout.cluster, failedStarts, performance.now() - began)) {
        throw new StartError(
          `PostgreSQL in ${layout.cluster} does not come up: ${answer.refusal}; see ${layout.log}`,
        );
      }
      await sleep(20);
    }
  }
}

function isHopeless(cluster: string, failedStarts: number, milliseconds: number): boolean {
  if (findPostmaster(cluster)) return milliseconds > answerPatienceMilliseconds;
  if (diedUncleanly(cluster)) return milliseconds > remainsPatienceMilliseconds;
  // Another program may take a port that was free a moment ago, so one failure is not the last word.
  return failedStarts >= 3;
}

/** Stops the server fast: it ends open transactions, and writes everything down. Call it under the lock. */
export async function stopServer(layout: Layout): Promise<void> {
  if (!findPostmaster(layout.cluster)) return;
  const runner = await findRunner(layout.dataDir);
  const { output } = await runner.run("pg_ctl", ["stop", "-D", clusterName, "-m", "fast", "-w", "-t", "60", "-s"]);
  const left = findPostmaster(layout.cluster);
  if (left) throw new Error(`PostgreSQL in ${layout.cluster} (process ${left.pid}) does not stop: ${output}`);
}

/** Returns why it did not start, if it did not. */
async function start(layout: Layout, fsync: boolean, again: boolean): Promise<Answer | undefined> {
  const runner = await findRunner(layout.dataDir);
  // At each try: the data can also go while a start is under way.
  if (again) refuseIfGone(layout.cluster);
  await prepareCluster(layout, runner, fsync);
  endOrphans(layout.cluster);
  removeMistakenPidFile(layout.cluster);
  const logged = logLength(layout.log);
  const port = await choosePort(layout.port, again);
  if (port === undefined) return { refusal: "its port is taken by another program" };
  const settings = serverSettings(port, fsync);
  // Names without a folder: pg_ctl hands them to a shell, and the data directory's path may hold any character.
  const files = ["-D", clusterName, "-l", logName];
  const outcome = await runner.run("pg_ctl", ["start", ...files, "-o", settings, "-w", "-t", "60", "-s"]);
  if (!outcome.ok) return { refusal: lastWords(logSince(layout.log, logged) || outcome.output) };
}

function refuseIfGone(cluster: string): void {
  if (fs.existsSync(join(cluster, "PG_VERSION"))) return;
  throw new StartError(`${cluster}, which held the data, is gone: put it back, or start the service again`);
}

function serverSettings(port: number, fsync: boolean): string {
  const settings = {
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: 200,
    timezone: "UTC",
    log_timezone: "UTC",
    log_checkpoints: "off",
    // What is wrong with a statement goes to its sender. Its rows must not end up in a log.
    log_min_messages: "log",
    // Which statements take the time, for `GET /v1/database`.
    shared_preload_libraries: "pg_stat_statements",
    ...(fsync ? {} : { fsync: "off", full_page_writes: "off" }),
  };
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(" ");
}

/** The port of the last start if it is free, so that pools of processes that saw the server die find it again. */
async function choosePort(file: string, keepsLast: boolean): Promise<number | undefined> {
  const last = fs.existsSync(file) ? Number(fs.readFileSync(file, "utf8")) : 0;
  const found = last > 0 && last < 65_536 ? await bind(last) : undefined;
  if (keepsLast) return found;
  const port = found ?? (await bind(0));
  if (port === undefined) throw new Error("no port of 127.0.0.1 is free");
  if (port !== last) {
    // Removed first: the directory's owner could not write over a file that root wrote.
    fs.rmSync(file, { force: true });
    fs.writeFileSync(file, String(port));
  }
  return port;
}

function bind(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? address?.port : undefined));
    });
  });
}

function logLength(log: string): number {
  return fs.existsSync(log) ? fs.statSync(log).size : 0;
}

function logSince(log: string, from: number): string {
  return fs.existsSync(log) ? fs.readFileSync(log).subarray(from).toString() : "";
}

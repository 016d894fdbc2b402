import { chown, cp, lchown, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRunner, type Runner } from "../../../src/postgres/runner.ts";
import { freePort } from "../free-port.ts";

/** A primary, and a standby that has each commit before the primary says that it is done. */
export type Pair = {
  primaryPort: number;
  standbyPort: number;
  /** kill -9, as when its machine is gone. */
  killPrimary(): Promise<void>;
  /** Makes the standby a primary, which has no standby of its own. */
  promote(): Promise<void>;
  stop(): Promise<void>;
};

export const user = "postgres";

/** Made of the embedded PostgreSQL's programs, in a directory of its own. */
export async function startPair(): Promise<Pair> {
  const folder = await mkdtemp(join(tmpdir(), "galley-pair-"));
  const runner = await ownFolder(folder);
  const [primaryPort, standbyPort] = [await freePort(), await freePort()];
  await must(runner, "initdb", ["--pgdata=primary", `--username=${user}`, "--auth=trust", "--encoding=UTF8"]);
  // Both begin with the same bytes: where only the embedded programs are, there is no pg_basebackup.
  await cp(join(folder, "primary"), join(folder, "standby"), { recursive: true });
  const source = `host=127.0.0.1 port=${primaryPort} user=${user} application_name=standby`;
  await writeFile(join(folder, "standby", "postgresql.auto.conf"), `primary_conninfo = '${source}'\n`);
  await writeFile(join(folder, "standby", "standby.signal"), "");
  await handOver(folder, runner);
  const start = (name: string, port: number, more = "") =>
    must(runner, "pg_ctl", [
      ...["start", "-D", name, "-w", "-s", "-l", `${name}.log`],
      ...["-o", `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' ${more}`],
    ]);
  await start("primary", primaryPort, "-c synchronous_standby_names=standby");
  await start("standby", standbyPort);
  const stopOne = (name: string) => runner.run("pg_ctl", ["stop", "-D", name, "-m", "immediate", "-w", "-s"]);
  return {
    primaryPort,
    standbyPort,
    async killPrimary() {
      const pidFile = await readFile(join(folder, "primary", "postmaster.pid"), "utf8");
      process.kill(Number(pidFile.split("\n", 1)[0]), "SIGKILL");
    },
    promote: () => must(runner, "pg_ctl", ["promote", "-D", "standby", "-w", "-s"]),
    async stop() {
      await Promise.all([stopOne("primary"), stopOne("standby")]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function ownFolder(folder: string): Promise<Runner> {
  const runner = await findRunner(folder);
  if (runner.owner) await chown(folder, runner.owner.uid, runner.owner.gid);
  return runner;
}

async function handOver(folder: string, { owner }: Runner): Promise<void> {
  if (!owner) return;
  for (const path of await readdir(folder, { recursive: true }))
    await lchown(join(folder, path), owner.uid, owner.gid);
}

async function must(runner: Runner, program: Parameters<Runner["run"]>[0], args: string[]): Promise<void> {
  const { ok, output } = await runner.run(program, args);
  if (!ok) throw new Error(`PostgreSQL's ${program} ${args[0]} failed: ${output}`);
}

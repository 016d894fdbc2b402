import { spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname } from "node:path";
import { StartError } from "../errors.ts";
import { findPrograms, type Programs } from "./programs.ts";

export type Owner = { uid: number; gid: number };

/** Runs PostgreSQL's programs in the data directory, as a user they accept: they refuse root. */
export type Runner = {
  /** Whose the server's files must be; undefined: they are ours anyway. */
  owner: Owner | undefined;
  /** The major version of the programs, such as "18". */
  version: string;
  run(program: keyof Programs, args: string[]): Promise<Outcome>;
};

export type Outcome = { ok: boolean; output: string };

const nobody = 65534;
// Seen from outside the process keeps our own id, so it can reach all that we can reach; seen from inside it is `nobody`.
const mask = ["unshare", "--user", `--map-user=${nobody}`, `--map-group=${nobody}`];

export async function findRunner(dataDir: string): Promise<Runner> {
  const programs = findPrograms();
  const reasons: string[] = [];
  for (const way of ways(dataDir)) {
    const run = (program: keyof Programs, args: string[]) =>
      execute([...way.mask, programs[program], ...args], dataDir, way.as);
    const probe = way.closed
      ? { ok: false, output: `it may not enter ${way.closed}` }
      : await run("postgres", ["-V"]);
    if (probe.ok) return { owner: way.owner, version: /(\d+)[.\w]*$/.exec(probe.output)?.[1] ?? "", run };
    reasons.push(`${way.title}: ${probe.output}`);
  }
  throw new StartError(`PostgreSQL cannot be run here (${reasons.join("; ")}): ${advice()}`);
}

type Way = { title: string; mask: string[]; as?: Owner; owner: Owner | undefined; closed?: string | undefined };

function ways(dataDir: string): Way[] {
  const plain = { title: "as this user", mask: [], owner: undefined };
  const masked = { title: "by unshare", mask, owner: undefined };
  if (process.getuid?.() === 0) {
    const owner = ownerFor(dataDir);
    const closed = closedFolder(dataDir, owner);
    return [
      { title: `as user ${owner.uid}`, mask: [], as: owner, owner, closed },
      { ...masked, owner: { uid: 0, gid: 0 } },
    ];
  }
  // initdb wants a user with a name.
  return hasName() ? [plain] : [masked, plain];
}

/** The owner of a data directory can go on using it when root is done. */
function ownerFor(dataDir: string): Owner {
  const { uid, gid } = statSync(dataDir);
  return uid === 0 ? { uid: nobody, gid: nobody } : { uid, gid };
}

/** The first folder on the way that keeps `owner` out. */
function closedFolder(path: string, owner: Owner): string | undefined {
  const { uid, gid, mode } = statSync(path);
  const enter = uid === owner.uid ? 0o100 : gid === owner.gid ? 0o010 : 0o001;
  const above = path === dirname(path) ? undefined : closedFolder(dirname(path), owner);
  return above ?? (mode & enter ? undefined : path);
}

function hasName(): boolean {
  try {
    return userInfo().username !== "";
  } catch {
    return false;
  }
}

function advice(): string {
  return process.getuid?.() === 0
    ? "move the project and its data out of folders closed to others, run as an ordinary user, or set DATABASE_URL"
    : "set DATABASE_URL to a PostgreSQL of your own";
}

async function execute(command: string[], cwd: string, as: Owner | undefined): Promise<Outcome> {
  try {
    return await collect(launch(command, cwd, as));
  } catch (error) {
    return { ok: false, output: (error as Error).message };
  }
}

// A session of its own: Ctrl-C reaches us, not PostgreSQL, which we still need while we drain.
// An environment of its own: no key of ours lives on in the server, no PG* variable of the user changes it.
function launch([file = "", ...args]: string[], cwd: string, as: Owner | undefined) {
  return spawn(file, args, {
    ...as,
    cwd,
    detached: true,
    env: { LC_ALL: "C", PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
    stdio: ["ignore", "pipe", "pipe"],
    windowsHide: true,
  });
}

async function collect(child: ReturnType<typeof launch>): Promise<Outcome> {
  let output = "";
  const add = (text: string) => {
    output += text;
  };
  child.stdout.setEncoding("utf8").on("data", add);
  child.stderr.setEncoding("utf8").on("data", add);
  const [code, signal] = await once(child, "close");
  return { ok: code === 0, output: output.trim() || `it ended with ${signal ?? code}` };
}

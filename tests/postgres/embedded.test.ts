import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, expect, test } from "@jest/globals";
import { Client } from "pg";
import { StartError } from "../../src/errors.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../src/postgres/embedded.ts";
import type { Happening } from "../../src/postgres/keeper.ts";
import { layOut } from "../../src/postgres/layout.ts";
import { findPostmaster } from "../../src/postgres/postmaster.ts";
import { findPrograms, linkLibraries } from "../../src/postgres/programs.ts";
import { reachServer } from "../../src/postgres/server.ts";

const script = fileURLToPath(new URL("../support/embedded-user.ts", import.meta.url));
const isRoot = process.getuid?.() === 0;
const nobody = { uid: 65534, gid: 65534 };
const asNobody = isRoot ? nobody : {};
// In a clone under a folder closed to others, only root can run anything.
const nobodyCanRunNode = !isRoot || spawnSync(process.execPath, [script], { ...nobody, input: "" }).status === 1;

const folders: string[] = [];
const dataDirs = new Set<string>();
const handles: EmbeddedPostgres[] = [];
const processes: ChildProcess[] = [];
// Making a data directory takes half a second, so most tests go on with the one the first has made.
const keptFolder = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "galley-embedded-")));
const madeDataDir = join(keptFolder, `a "made" $folder`);

afterEach(async () => {
  for (const process of processes.splice(0)) process.kill("SIGKILL");
  await Promise.all(handles.splice(0).map((handle) => handle.stop()));
  for (const dataDir of dataDirs) {
    const postmaster = serverOf(dataDir);
    if (postmaster) process.kill(postmaster, "SIGQUIT");
    await until(() => !serverOf(dataDir));
  }
  dataDirs.clear();
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true, maxRetries: 10 });
});

afterAll(() => fs.rmSync(keptFolder, { recursive: true }));

test("an empty directory becomes a server with our database, and its data survive a stop", async () => {
  const dataDir = madeDataDir;
  const first = await start(dataDir);
  expect(await ask(first.url, facts)).toEqual({
    database: "galley",
    encoding: "UTF8",
    provider: "b",
    locale: "C.UTF-8",
    host: "127.0.0.1/32",
    addresses: "127.0.0.1",
    sockets: "",
    // It counts statements from the start.
    counts: true,
  });
  expect(fs.statSync(join(dataDir, "password")).mode & 0o777).toBe(0o600);
  await ask(first.url, "create table survives as select 42 as answer");
  await first.stop();
  await first.stop();
  expect(serverOf(dataDir)).toBeUndefined();

  const second = await start(dataDir);
  expect(second.url).toBe(first.url);
  expect(await ask(second.url, "select answer from survives")).toEqual({ answer: 42 });
});

const facts = `select datname as database, pg_encoding_to_char(encoding) as encoding, datlocprovider as provider,
  datlocale as locale, inet_server_addr()::text as host, current_setting('listen_addresses') as addresses,
  current_setting('unix_socket_directories') as sockets,
  (select count(*) >= 0 from extensions.pg_stat_statements) as counts from pg_database where datname = current_database()`;

test("processes that start at once on an empty directory share one server, and the last one stops it", async () => {
  const dataDir = newFolder();
  const all = await Promise.all([1, 2, 3, 4].map(() => user(dataDir)));
  const postmaster = serverOf(dataDir);
  expect(new Set(all.map(({ said }) => said.url)).size).toBe(1);
  for (const { leave } of all.slice(1)) {
    expect(serverOf(dataDir)).toBe(postmaster);
    await leave();
  }
  expect(await ask(all[0]?.said.url ?? "", "select 1 as one")).toEqual({ one: 1 });
  await all[0]?.leave();
  expect(serverOf(dataDir)).toBeUndefined();
});

test("processes that come and go at once always get a server that answers", async () => {
  const dataDir = madeDataDir;
  const comeAndGo = async () => {
    for (let round = 0; round < 3; round++) {
      const postgres = await start(dataDir);
      expect(await ask(postgres.url, "select 1 as one")).toEqual({ one: 1 });
      await postgres.stop();
    }
  };
  await Promise.all([comeAndGo(), comeAndGo(), comeAndGo()]);
  expect(serverOf(dataDir)).toBeUndefined();
});

test("the server of a killed process is joined, and the dead do not count as users", async () => {
  const dataDir = madeDataDir;
  const { said, kill } = await user(dataDir);
  await kill();
  const postmaster = serverOf(dataDir);
  const postgres = await start(dataDir);
  expect(postmaster).toBeDefined();
  expect(serverOf(dataDir)).toBe(postmaster);
  expect(postgres.url).toBe(said.url);
  await postgres.stop();
  expect(serverOf(dataDir)).toBeUndefined();
});

test("a killed server comes back at the same address with what was committed", async () => {
  const dataDir = madeDataDir;
  const before = await start(dataDir);
  await ask(before.url, "create table kept as select 42 as answer");
  const busy = await connect(before.url);
  busy.query(longQuery).catch(() => {});
  await until(async () => Boolean(await ask(before.url, `select where exists (${runningLongQuery})`)));
  process.kill(serverOf(dataDir) ?? 0, "SIGKILL");
  const after = await start(dataDir);
  expect(after.url).toBe(before.url);
  expect(await ask(before.url, "select answer from kept")).toEqual({ answer: 42 });
  await after.stop();
  expect(serverOf(dataDir)).toBeDefined();
  await before.stop();
  expect(serverOf(dataDir)).toBeUndefined();
});

test("a server that is looked after is started again at the same address when it dies, until it is left", async () => {
  const dataDir = madeDataDir;
  const told: Happening[] = [];
  const postgres = await start(dataDir, (happening) => told.push(happening));
  await ask(postgres.url, "create table looked_after as select 42 as answer");
  for (const signal of ["SIGKILL", "SIGQUIT", "SIGINT"] as const) {
    const died = serverOf(dataDir) ?? 0;
    process.kill(died, signal);
    await until(() => told.at(-1)?.event === "postgres_back");
    expect(serverOf(dataDir)).not.toBe(died);
    expect(await ask(postgres.url, "select answer from looked_after")).toEqual({ answer: 42 });
    expect(told.splice(0)).toEqual([
      { event: "postgres_lost", reason: expect.stringContaining("is started again") },
      { event: "postgres_back", seconds: expect.any(Number) },
    ]);
  }
  await postgres.stop();
  await sleep(600);
  expect(serverOf(dataDir)).toBeUndefined();
  expect(told).toEqual([]);
});

test("of several processes that look after a server one starts it again, and data that are gone are not made up", async () => {
  const dataDir = newFolder();
  const told: Happening[] = [];
  const [one, other] = [await start(dataDir, (happening) => told.push(happening)), await start(dataDir, () => {})];
  process.kill(serverOf(dataDir) ?? 0, "SIGKILL");
  await until(() => told.at(-1)?.event === "postgres_back");
  expect(await ask(other.url, "select 1 as one")).toEqual({ one: 1 });

  const moved = join(dataDir, "moved");
  process.kill(serverOf(dataDir) ?? 0, "SIGKILL");
  fs.renameSync(join(dataDir, "postgres"), moved);
  await until(() => told.at(-1)?.event === "postgres_not_back");
  expect(told.at(-1)).toMatchObject({ reason: expect.stringContaining("which held the data, is gone") });
  expect(fs.existsSync(join(dataDir, "postgres"))).toBe(false);
  fs.renameSync(moved, join(dataDir, "postgres"));
  await until(() => told.at(-1)?.event === "postgres_back");
  expect(await ask(one.url, "select 1 as one")).toEqual({ one: 1 });
}, 120_000);

test("data that go while a server is started again are not made up", async () => {
  const layout = layOut(newFolder());
  await expect(reachServer(layout, false, { again: true })).rejects.toThrow("which held the data, is gone");
  expect(fs.existsSync(layout.cluster)).toBe(false);
});

// One that does not notice by itself that its server is gone.
const longQuery = "select count(*) from generate_series(1, 1000000000)";
const runningLongQuery = `select from pg_stat_activity where query = '${longQuery}' and state = 'active'`;

test("a process killed while it makes the data directory leaves nothing that is in the way", async () => {
  const dataDir = newFolder();
  const child = spawn(process.execPath, [script, dataDir], { stdio: "ignore" });
  await until(() => fs.readdirSync(dataDir).some((name) => name.startsWith("postgres.")));
  child.kill("SIGKILL");
  const postgres = await start(dataDir);
  expect(await ask(postgres.url, "select 1 as one")).toEqual({ one: 1 });
});

test("a number of a process that belongs to another one by now does not count as a server", async () => {
  const dataDir = madeDataDir;
  await (await start(dataDir)).stop();
  // As after a crash of the machine: the file of the server that was, the number of a process that is.
  const other = spawn("sleep", ["60"], { ...asNobody, stdio: "ignore" });
  processes.push(other);
  const lines = [other.pid, join(dataDir, "postgres"), 1, 5432, "", "127.0.0.1", "1 1", "ready"];
  fs.writeFileSync(join(dataDir, "postgres", "postmaster.pid"), `${lines.join("\n")}\n`);
  const postgres = await start(dataDir);
  expect(await ask(postgres.url, "select 1 as one")).toEqual({ one: 1 });
});

test("a pid file that a crash of the machine left empty is not in the way", async () => {
  const dataDir = madeDataDir;
  await (await start(dataDir)).stop();
  const pidFile = join(dataDir, "postgres", "postmaster.pid");
  fs.writeFileSync(pidFile, "");
  fs.utimesSync(pidFile, new Date(0), new Date(0));
  const postgres = await start(dataDir);
  expect(await ask(postgres.url, "select 1 as one")).toEqual({ one: 1 });
});

test("Ctrl-C to our process group does not reach the server", async () => {
  const dataDir = madeDataDir;
  const { child, lines } = await user(dataDir);
  const postmaster = serverOf(dataDir);
  process.kill(-(child.pid ?? 0), "SIGINT");
  expect(JSON.parse((await lines.next()).value ?? "")).toEqual({ answer: "still here" });
  await start(dataDir);
  expect(serverOf(dataDir)).toBe(postmaster);
});

(nobodyCanRunNode ? test : test.skip)("an ordinary user has a server, and root may join it", async () => {
  const dataDir = newFolder();
  if (isRoot) fs.chownSync(dataDir, nobody.uid, nobody.gid);
  const ordinary = await user(dataDir, asNobody);
  const postgres = await start(dataDir);
  expect(postgres.url).toBe(ordinary.said.url);
  await ordinary.leave();
  await postgres.stop();
  expect((await user(dataDir, asNobody)).said.url).toBe(postgres.url);
});

(isRoot ? test : test.skip)(
  "root has a server in a folder that is closed to all other users, or gets the reason why not",
  async () => {
    const closed = newFolder();
    const dataDir = join(closed, "below");
    const outcome = await start(dataDir).catch((error: unknown) => error);
    if (outcome instanceof StartError) expect(outcome.message).toContain(closed);
    else expect(fs.statSync(join(dataDir, "postgres")).uid).toBe(0);
  },
);

(nobodyCanRunNode ? test : test.skip)("a folder that cannot be written is refused", async () => {
  const dataDir = newFolder();
  fs.chmodSync(dataDir, 0o555);
  const { said } = await user(dataDir, asNobody);
  expect(said.error).toMatch(
    /^StartError: PostgreSQL cannot keep its data in .+: EACCES: permission denied.+DATABASE_URL/,
  );
});

test("what is not a folder is refused", async () => {
  const file = join(newFolder(), "file");
  fs.writeFileSync(file, "");
  expect(await refusal(file)).toMatch(/^PostgreSQL cannot keep its data in .+file: ENOTDIR/);
  expect(await refusal(join(file, "below"))).toMatch(/^PostgreSQL cannot keep its data in .+below: ENOTDIR/);
});

test("a wrong password is refused", async () => {
  const dataDir = madeDataDir;
  await start(dataDir);
  const password = join(dataDir, "password");
  const right = fs.readFileSync(password);
  fs.writeFileSync(password, "wrong");
  expect(await refusal(dataDir)).toMatch(/refuses the password in .+password: put the one back/);
  fs.writeFileSync(password, right);
});

test("data that these programs cannot serve are refused with what was found", async () => {
  const dataDir = madeDataDir;
  const inside = (name: string) => join(dataDir, "postgres", name);
  await (await start(dataDir)).stop();

  fs.appendFileSync(inside("postgresql.conf"), "\nnonsense = on\n");
  expect(await refusal(dataDir)).toMatch(/does not come up: .*unrecognized configuration parameter "nonsense"/);

  fs.renameSync(join(dataDir, "password"), join(dataDir, "elsewhere"));
  expect(await refusal(dataDir)).toContain(`${join(dataDir, "password")} is missing`);

  fs.writeFileSync(inside("PG_VERSION"), "9.6\n");
  expect(await refusal(dataDir)).toMatch(/was made by PostgreSQL 9.6, but the installed one is 18: /);

  fs.rmSync(inside("PG_VERSION"));
  expect(await refusal(dataDir)).toMatch(/is not empty, but has no PG_VERSION/);
});

test("a platform without programs is refused", () => {
  expect(() => findPrograms("sunos", "x64")).toThrow(
    /^there is no embedded PostgreSQL for sunos-x64, only for .*linux-x64/,
  );
  const missing = process.platform === "win32" ? ["linux", "x64"] : ["win32", "x64"];
  expect(() => findPrograms(...missing)).toThrow(/is not installed: run npm ci/);
});

test("library links that the package's postinstall did not make are made", () => {
  const native = join(newFolder(), "native");
  fs.mkdirSync(join(native, "lib"), { recursive: true });
  fs.writeFileSync(join(native, "lib", "libpq.so.5.18"), "library");
  const links = [{ source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5" }];
  fs.writeFileSync(join(native, "pg-symlinks.json"), JSON.stringify(links));
  linkLibraries(native);
  linkLibraries(native);
  expect(fs.readlinkSync(join(native, "lib", "libpq.so.5"))).toBe("libpq.so.5.18");
});

function newFolder(): string {
  const folder = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "galley-embedded-")));
  folders.push(folder);
  return folder;
}

async function start(dataDir: string, report?: (happening: Happening) => void): Promise<EmbeddedPostgres> {
  dataDirs.add(dataDir);
  const postgres = await startEmbeddedPostgres({ dataDir, fsync: false, report });
  handles.push(postgres);
  return postgres;
}

async function refusal(dataDir: string): Promise<string> {
  const outcome = await startEmbeddedPostgres({ dataDir, fsync: false }).catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(StartError);
  const { message } = outcome as StartError;
  expect(message).not.toContain("\n");
  return message;
}

/** A process of its own that uses the server, in a process group of its own. */
async function user(dataDir: string, as: { uid?: number; gid?: number } = {}) {
  const child = spawn(process.execPath, [script, dataDir], {
    ...as,
    detached: true,
    stdio: ["pipe", "pipe", "inherit"],
  });
  processes.push(child);
  const ended = once(child, "exit");
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const said: { url: string; error: string } = JSON.parse((await lines.next()).value ?? "");
  const leave = async () => {
    child.stdin.write("stop\n");
    expect(await ended).toEqual([0, null]);
  };
  const kill = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  return { child, lines, said, leave, kill };
}

function serverOf(folder: string): number | undefined {
  return findPostmaster(join(folder, "postgres"))?.pid;
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  return client;
}

async function ask(url: string, sql: string): Promise<unknown> {
  const client = await connect(url);
  try {
    return (await client.query(sql)).rows[0];
  } finally {
    await client.end();
  }
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 40_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error("it did not happen in forty seconds");
    await sleep(5);
  }
}

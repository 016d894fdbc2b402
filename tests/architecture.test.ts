import { readdir, readFile } from "node:fs/promises";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "@jest/globals";

type Source = { file: string; text: string; imports: string[]; packages: string[] };

const root = fileURLToPath(new URL("../", import.meta.url));
let sources: Source[];
/** What the project calls by its own name, `galley/author`, and the file that this is. */
let own: Map<string, string>;
beforeAll(async () => {
  const { exports } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  own = new Map(Object.entries<string>(exports).map(([name, file]) => [join("galley", name), normalize(file)]));
  const entries = await Promise.all(
    ["src", "jobs", "scripts"].map((folder) =>
      readdir(join(root, folder), { recursive: true, withFileTypes: true }),
    ),
  );
  const files = entries.flat().filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name));
  sources = await Promise.all(files.map(({ parentPath, name }) => read(join(parentPath, name))));
});

async function read(path: string): Promise<Source> {
  const file = relative(root, path);
  const text = await readFile(path, "utf8");
  const named = [...text.matchAll(/(?:from|import) ?\(?"([^"]+)"/g)].map(([, name = ""]) => name);
  return {
    file,
    text,
    imports: named.flatMap((name) => {
      if (name.startsWith(".")) return normalize(join(dirname(file), name));
      return own.get(name) ?? [];
    }),
    packages: named.filter((name) => !name.startsWith(".")),
  };
}

/** The files for which something holds. */
const filesWith = (holds: (source: Source) => boolean): string[] =>
  sources
    .filter(holds)
    .map(({ file }) => file)
    .toSorted();

const isIn = (file: string, ...folders: string[]) => folders.some((folder) => file.startsWith(folder));

// What the queue's name for an attempt means is decided in one room.
test("only the room of the queue imports pg-boss, and the benchmark that measures it alone", () => {
  const importers = filesWith(({ packages }) => packages.includes("pg-boss"));
  expect(importers.filter((file) => !isIn(file, "src/generation/queue/"))).toEqual([
    "scripts/trials/bench/support/raw-queue.ts",
  ]);
});

// A second way to a provider would spend money that the ledger does not know. The demo model borrows types alone.
test("only the model layer imports openai", () => {
  const importers = filesWith(({ text }) => /^import (?!type )[^;]*"openai/m.test(text));
  expect(importers.filter((file) => !isIn(file, "src/model/"))).toEqual([]);
  expect(importers).not.toEqual([]);
});

// Every variable is checked and told by name before anything starts. Chaos hands PATH on to the workers it starts.
test("only the settings read the environment", () => {
  const readers = filesWith(({ text }) => text.includes("process.env"));
  expect(readers.filter((file) => !isIn(file, "src/settings/"))).toEqual(["scripts/trials/chaos/workers.ts"]);
});

// What changes is decided by the fences and guards of the store, under the row's lock. Adoption takes over the rows of another
// system, before any job runs, and the benchmark makes up finished ones.
test("one file adds rows to generation_jobs and one changes them", () => {
  const writes = /\.(update|insert|delete)\(generationJobs\)|(update|insert into|delete from) generation_jobs/i;
  const isOther = (file: string) => isIn(file, "src/db/adopt/", "scripts/trials/bench/");
  expect(filesWith(({ file, text }) => writes.test(text) && !isOther(file))).toEqual([
    "src/generation/job/insert-jobs.ts",
    "src/generation/job/write-jobs.ts",
  ]);
});

// A handler that could reach the database or the provider could do what is neither fenced nor paid for once.
test("job types import galley/author, and what prepares an input or records a result the content", () => {
  const foreign = sources
    .filter(({ file }) => isIn(file, "jobs/"))
    .flatMap(({ file, imports }) => imports.map((target) => ({ file, target })))
    .filter(({ target }) => !isIn(target, "jobs/") && target !== own.get("galley/author"))
    .filter(({ file, target }) => !(file.endsWith(".test.ts") && target === own.get("galley/testing")))
    .filter(({ file, target }) => !(/\/(record|prepare)\.ts$/.test(file) && isIn(target, "src/content/")));
  expect(foreign).toEqual([]);
});

// What the page can do, any other client can.
test("the console uses the client and nothing else of the service", () => {
  const app = sources.filter(({ file }) => isIn(file, "src/console/app/"));
  const foreign = app
    .flatMap(({ imports }) => imports)
    .filter((target) => !isIn(target, "src/console/app/", "src/client/index.ts"));
  expect(foreign).toEqual([]);
  expect([...new Set(app.flatMap(({ packages }) => packages))].toSorted()).toEqual([
    "@preact/signals",
    "cronstrue",
    "galley/client",
    "preact",
    "preact/hooks",
  ]);
});

// From the bottom up: a room may import what stands before it.
const rooms = ["history", "job", "queue", "family", "attempt", "dispatch", "requests", "upkeep"];

test("the rooms of a job stack: requests, dispatch and upkeep on attempt, family, queue, job and history", () => {
  const roomOf = (file: string) => /^src\/generation\/([^/]+)\//.exec(file)?.[1];
  const upward = sources.flatMap(({ file, imports }) =>
    imports.flatMap((target) => {
      const [from, to] = [roomOf(file), roomOf(target)];
      if (!from || !to || from === to) return [];
      const isBelow = rooms.indexOf(to) < Math.min(rooms.indexOf(from), rooms.indexOf("dispatch"));
      return isBelow ? [] : [`${file} imports ${target}`];
    }),
  );
  expect(upward).toEqual([]);
});

// The test kit runs jobs, so it is above everything.
test("what stands beside the engine does not import it", () => {
  const besides = [
    "src/money/",
    "src/content/",
    "src/model/",
    "src/demo/",
    "src/postgres/",
    "src/db/",
    "src/access/",
    "src/author/",
  ];
  const upward = sources.filter(
    ({ file, imports }) =>
      isIn(file, ...besides) &&
      !isIn(file, "src/author/testing/") &&
      imports.some((target) => isIn(target, "src/generation/", "src/http/", "jobs/")),
  );
  expect(upward.map(({ file }) => file)).toEqual([]);
});

test("no folders import each other in a circle", () => {
  // A file that lies directly in src belongs to no room.
  const folderOf = (file: string) => (dirname(file) === "src" ? file : dirname(file));
  const graph = new Map<string, Set<string>>();
  for (const { file, imports } of sources) {
    const from = folderOf(file);
    for (const target of imports) {
      const to = folderOf(target);
      // A room's own parts, and what its parent keeps for all of them, are one room.
      const isSameRoom = to.startsWith(`${from}/`) || from.startsWith(`${to}/`) || from === to;
      if (!isSameRoom) graph.set(from, (graph.get(from) ?? new Set()).add(to));
    }
  }
  const reaches = (from: string, goal: string, seen = new Set<string>()): boolean =>
    [...(graph.get(from) ?? [])].some((to) => {
      if (to === goal) return true;
      if (seen.has(to)) return false;
      seen.add(to);
      return reaches(to, goal, seen);
    });
  expect([...graph.keys()].filter((folder) => reaches(folder, folder))).toEqual([]);
});

// It would bring a database and a server to whoever imports it.
test("only tests import the test kit, and what breaks things on purpose", () => {
  const importers = filesWith(({ imports }) => imports.some((target) => isIn(target, "src/author/testing/")));
  // What the scaffold writes is a test.
  const kit = ["src/author/testing/", "src/author/scaffold/files.ts"];
  const others = importers.filter((file) => !isIn(file, ...kit) && !file.endsWith(".test.ts"));
  expect(others).toEqual(["scripts/trials/chaos.ts", "scripts/trials/failover.ts"]);
});

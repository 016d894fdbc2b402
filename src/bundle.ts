import type { BuildOptions, OutputFile } from "esbuild";

let lastBuild: Promise<unknown> = Promise.resolve();

/** Bundles modules for browsers, in memory. Builds follow each other, since each ends the bundler's process. */
export function bundle(options: BuildOptions): Promise<OutputFile[]> {
  const built = lastBuild.then(() => buildOnce(options));
  lastBuild = built.catch(() => undefined);
  return built;
}

async function buildOnce(options: BuildOptions): Promise<OutputFile[]> {
  const { build, stop } = await import("esbuild");
  try {
    const { outputFiles } = await build({
      bundle: true,
      format: "esm",
      target: "es2022",
      ...options,
      write: false,
    });
    return outputFiles;
  } finally {
    // Otherwise its process stays.
    await stop();
  }
}

// Runs before each program, also in a Node that is too old for it: then it says in one line what to do.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `Galley's own Node is not there, and ${process.version} is too old. Its packages bring one: run npm ci, without --ignore-scripts.\n`,
  );
  process.exit(1);
}
await import("./fast-start.mjs");

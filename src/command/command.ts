import { StartError } from "../errors.ts";

/** Runs a command. What the operator can mend is printed in one clear line, with exit code 1. */
export async function runCommand(command: () => Promise<void>): Promise<void> {
  process.stdout.on("error", endWithReader);
  try {
    await command();
  } catch (error) {
    process.stderr.write(`${describe(error)}\n`);
    process.exit(1);
  }
}

// A reader that has enough, like `head`, ends what it reads from.
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") process.stderr.write(`${error.message}\n`);
  process.exit(error.code === "EPIPE" ? 0 : 1);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isMendable =
    error instanceof StartError || ("code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"));
  return isMendable ? error.message : (error.stack ?? error.message);
}

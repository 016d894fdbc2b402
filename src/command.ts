import { StartError } from "./errors.ts";

/** Runs a command. What the operator can mend is told in one clear line, with exit code 1. */
export async function runCommand(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    process.stderr.write(`${describe(error)}\n`);
    process.exit(1);
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isMendable =
    error instanceof StartError || ("code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"));
  return isMendable ? error.message : (error.stack ?? error.message);
}

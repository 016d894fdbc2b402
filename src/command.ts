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

/** Closes on the first SIGTERM or SIGINT and ends with 0; a second one ends at once with 1. */
export function closeOnSignals(close: () => Promise<void>): void {
  let isClosing = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      // Nothing is lost by it: what is unwritten runs again, from its finished steps.
      if (isClosing) process.exit(1);
      isClosing = true;
      void close().then(() => process.exit(0));
    });
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isMendable =
    error instanceof StartError || ("code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"));
  return isMendable ? error.message : (error.stack ?? error.message);
}

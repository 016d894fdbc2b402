import { StartError } from "./errors.ts";

/** Runs a command. What the operator can mend is told in one clear line, with exit code 1. */
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

// npm passes on the signal that a terminal has sent to both of them, some milliseconds later.
const impatientAfterMilliseconds = 1_000;

/**
 * Resolves at the first SIGTERM, SIGINT or SIGHUP from now on. Another one that comes at least a second later ends the
 * process at once with 1; one that comes earlier is the same signal on another way.
 */
export function stopSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let stoppingSince: number | null = null;
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => {
      stoppingSince ??= performance.now();
      // Nothing is lost by it: what is unwritten runs again, from its finished steps.
      if (performance.now() - stoppingSince >= impatientAfterMilliseconds) process.exit(1);
      resolve();
    });
  }
  return promise;
}

/** Closes on the first signal to stop, and ends with 0. */
export function closeOnSignals(close: () => Promise<void>): void {
  void stopSignal()
    .then(close)
    .then(() => process.exit(0));
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isMendable =
    error instanceof StartError || ("code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"));
  return isMendable ? error.message : (error.stack ?? error.message);
}

/** What a signal stops. */
export type Stoppable = {
  /** How many phases run now. */
  running(): number;
  /** Stops in good order, with the grace for what runs. */
  close(): Promise<unknown>;
  /** Hands back now what `close` still waits for. */
  hurry(): void;
};

// A terminal signals npm and its child, and npm passes the signal on: all of that is one wish.
const togetherMilliseconds = 1_000;
const hurriedMilliseconds = 5_000;

/**
 * Closes on the first SIGTERM, SIGINT or SIGHUP and ends with 0. A second one, a second later or more, ends the grace:
 * what runs is handed back, and the process ends with 1, as it does at once at a third.
 */
export function closeOnSignals({ running, close, hurry }: Stoppable, graceSeconds: number): void {
  let counted = 0;
  let lastAt = -Infinity;
  const actions = [
    () => {
      print(stopping(running(), graceSeconds));
      void close().then(() => process.exit(counted > 1 ? 1 : 0));
    },
    () => {
      print(`Handing back ${phases(running())} now.`);
      hurry();
      // What is still unwritten then runs again, from its finished steps.
      setTimeout(() => process.exit(1), hurriedMilliseconds).unref();
    },
    () => process.exit(1),
  ];
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => {
      const now = performance.now();
      if (now - lastAt < togetherMilliseconds) return;
      lastAt = now;
      actions[counted++]?.();
    });
  }
}

function stopping(count: number, graceSeconds: number): string {
  if (count === 0) return "Stopping: no phase is running.";
  return `Stopping: waiting up to ${graceSeconds} s for ${phases(count)}. Press Ctrl-C again to hand back what runs.`;
}

const phases = (count: number) => (count === 1 ? "1 running phase" : `${count} running phases`);

function print(line: string): void {
  process.stderr.write(`${line}\n`);
}

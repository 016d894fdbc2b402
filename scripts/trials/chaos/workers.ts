import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const file = fileURLToPath(new URL("worker.ts", import.meta.url));
const prelude = `--import=${new URL("../../node/require-node.mjs", import.meta.url)}`;

// Milliseconds by which the workers' clocks are ahead of the machine's.
const clockOffsets = [0, 300_000, -300_000];

export type Workers = {
  start(): void;
  running(): readonly ChildProcess[];
  /** Those that have begun to work: a death before that would prove nothing. */
  ready(): readonly ChildProcess[];
  /** Sends the signal and waits for the end. */
  end(worker: ChildProcess, signal: "SIGKILL" | "SIGTERM"): Promise<void>;
};

/** Worker processes with this environment. One that ends by itself, since the database was away, is replaced. */
export function createWorkers(env: Record<string, string>): Workers {
  const running = new Set<ChildProcess>();
  const ready = new Set<ChildProcess>();
  const wanted = new Set<ChildProcess>();
  let started = 0;

  function start(): void {
    const offset = clockOffsets[started++ % clockOffsets.length];
    const worker = spawn(process.execPath, ["--no-warnings", prelude, file, String(offset)], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ["ignore", "pipe", "ignore"],
    });
    running.add(worker);
    worker.stdout.once("data", () => ready.add(worker));
    wanted.add(worker);
    worker.once("exit", () => {
      running.delete(worker);
      ready.delete(worker);
      if (wanted.delete(worker)) setTimeout(start, 500);
    });
  }

  return {
    start,
    running: () => [...running],
    ready: () => [...ready],
    async end(worker, signal) {
      wanted.delete(worker);
      if (worker.exitCode !== null || worker.signalCode !== null) return;
      const exit = once(worker, "exit");
      worker.kill(signal);
      await exit;
    },
  };
}

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { WorkerFigures } from "./worker.ts";

export type WorkerProcess = { figures(): Promise<WorkerFigures>; end(): Promise<void> };

const file = fileURLToPath(new URL("./worker.ts", import.meta.url));
const prelude = `--import=${new URL("../../../node/require-node.mjs", import.meta.url)}`;

/** Starts a worker with these settings. Resolves when it is ready. */
export async function startWorkerProcess(env: Record<string, string>): Promise<WorkerProcess> {
  const child = fork(file, {
    execArgv: ["--no-warnings", prelude],
    env: { ROLES: "worker", ...env },
  });
  const ended = once(child, "exit");
  await Promise.race([
    once(child, "message"),
    ended.then(() => Promise.reject(new Error("A worker ended at its start."))),
  ]);
  return {
    async figures() {
      child.send("figures");
      const [figures] = await once(child, "message");
      return figures as WorkerFigures;
    },
    async end() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

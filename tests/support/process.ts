import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** Runs before each program, as the npm scripts have it. */
export const prelude = `--import=${new URL("../../scripts/node/require-node.mjs", import.meta.url)}`;

export type Run = {
  child: ChildProcess;
  stdout(): string;
  stderr(): string;
  exit: Promise<number | null>;
};

/** Runs one of the project's own files as a process of its own, with these variables and no others of Galley's. */
export function run(file: string, args: string[], env: Record<string, string>): Run {
  const reports = [
    "--report-on-signal",
    "--report-signal=SIGUSR2",
    "--report-filename=stderr",
    "--report-exclude-env",
  ];
  const child = spawn(process.execPath, [...reports, prelude, `${root}${file}`, ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return follow(child);
}

const longestSeconds = 45;

/** The code with which a process ends. One that does not end says in the error what it has said, and what it still has open. */
export async function whenEnded({ child, exit, stdout, stderr }: Run): Promise<number | null> {
  const code = await Promise.race([exit, delay(longestSeconds * 1000, "open" as const, { ref: false })]);
  if (code !== "open") return code;
  child.kill("SIGUSR2");
  await delay(2_000);
  throw new Error(`It has not ended after ${longestSeconds} s. stdout: ${stdout()} stderr: ${stderr()}`);
}

/** Collects what a process says, and its end. */
export function follow(child: ChildProcess): Run {
  let [stdout, stderr] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const exit = once(child, "exit").then(([code]) => code as number | null);
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    exit,
  };
}
